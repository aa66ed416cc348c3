"""An API key: ``fx_<tenant>_<secret>``. The tenant in it is a claim that the digest under that tenant proves."""

import hashlib
import re
from datetime import datetime

from core.identity.permission import ALL_SCOPES, Scope
from core.kernel.errors import NotFound, Rejected
from core.kernel.ids import ApiKeyId, TenantId
from core.kernel.value import value

_SHAPE = re.compile(r"fx_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")


class UnknownScope(Rejected):
    """A scope there is none of."""

    code = "unknown_scope"


class ApiKeyNotFound(NotFound):
    """No key with this id that still opens anything."""

    code = "api_key_not_found"


@value
class ApiKey:
    """A key as kept: never the secret, only its digest."""

    id: ApiKeyId
    tenant: TenantId
    name: str
    digest: bytes
    scopes: frozenset[str]
    revoked_at: datetime | None = None


@value
class IssueApiKey:
    """Let ``name`` in with ``scopes``."""

    name: str
    scopes: frozenset[str] = ALL_SCOPES


@value
class ApiKeyIssued:
    """A key was issued; its secret is known to its holder alone."""

    key_id: ApiKeyId
    name: str
    scopes: tuple[str, ...]


@value
class RevokeApiKey:
    """Let the holder of ``key`` in no more."""

    key: ApiKeyId


@value
class ApiKeyRevoked:
    """A key opens nothing any more."""

    key_id: ApiKeyId


def token_of(tenant: TenantId, secret: str) -> str:
    """What the holder presents. ``secret`` is 43 URL-safe characters (256 bits)."""
    return f"fx_{tenant.replace('-', '')}_{secret}"


def read_token(token: str) -> tuple[TenantId, bytes] | None:
    """(the tenant the token claims, the digest to look up), or None when it is not one of our tokens.

    A plain SHA-256 suffices for the digest: the secret is 256 random bits, there is nothing to guess.
    """
    match = _SHAPE.fullmatch(token)
    if match is None:
        return None
    claim = match[1]
    tenant = f"{claim[:8]}-{claim[8:12]}-{claim[12:16]}-{claim[16:20]}-{claim[20:]}"
    return TenantId(tenant), digest_of(token)


def digest_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def issue(command: IssueApiKey, key_id: ApiKeyId, tenant: TenantId, token: str) -> ApiKey:
    """The key to keep. Raises UnknownScope."""
    unknown = sorted(command.scopes - set(Scope))
    if unknown:
        raise UnknownScope(f"'{unknown[0]}' is none of {', '.join(sorted(Scope))}", path="$.scopes")
    return ApiKey(id=key_id, tenant=tenant, name=command.name, digest=digest_of(token), scopes=command.scopes)
