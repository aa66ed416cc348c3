"""API keys: letting somebody in, and out again."""

from typing import Annotated

from msgspec import Meta

from core.identity.api_key import ApiKey, ApiKeyNotFound, IssueApiKey, RevokeApiKey
from core.identity.permission import Scope
from core.kernel.ids import ApiKeyId
from entrypoints.http.fields import Body, Code, Name, Shown, known_id, one_of
from entrypoints.http.routes import Call, Reply, Route


class NewKey(Body):
    """Who to let in, and what they may do."""

    name: Name
    scopes: Annotated[list[Annotated[Code, one_of(Scope)]], Meta(min_length=1, max_length=50)]


class ShownKey(Shown):
    """The key; `token` is shown this once and kept nowhere."""

    id: str
    name: str
    scopes: list[str]
    token: str


class ShownRevoked(Shown):
    """What became of the key."""

    id: str
    status: str


async def issue_key(call: Call) -> Reply:
    """Issue a key. The answer holds a secret, so it is not stored for a repetition of the request."""
    body: NewKey = call.body
    return await call.run(IssueApiKey(name=body.name, scopes=frozenset(body.scopes)), _show, repeatable=False)


async def revoke_key(call: Call) -> Reply:
    """Revoke a key: it opens nothing from now on, here at once, through other processes within 30 seconds."""
    text = call.path["id"]
    key = ApiKeyId(known_id(text, ApiKeyNotFound(f"there is no API key {text}")))
    try:
        return await call.run(RevokeApiKey(key=key), lambda _: ShownRevoked(id=key, status="revoked"))
    finally:
        call.desk.authenticator.forget()


def _show(issued: tuple[ApiKey, str]) -> ShownKey:
    key, token = issued
    return ShownKey(id=key.id, name=key.name, scopes=sorted(key.scopes), token=token)


ROUTES = (
    Route(
        method="POST", path="/api-keys", summary="Issue an API key", handle=issue_key, tag="identity",
        body=NewKey, answer=ShownKey, status=201, scope=Scope.CONFIGURATION_WRITE, refusals=(409, 422),
    ),
    Route(
        method="DELETE", path="/api-keys/{id:str}", summary="Revoke an API key", handle=revoke_key, tag="identity",
        answer=ShownRevoked, scope=Scope.CONFIGURATION_WRITE, refusals=(404, 409, 422),
    ),
)  # fmt: skip
