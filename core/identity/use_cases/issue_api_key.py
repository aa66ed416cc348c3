"""Let somebody in."""

from core.identity.api_key import ApiKey, ApiKeyIssued, IssueApiKey, issue, token_of
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import ApiKeyId, NewId, StreamId
from ports.identity import IdentityTransaction
from ports.ids import NewSecret


async def issue_api_key(
    command: IssueApiKey, context: Context, tx: IdentityTransaction, *, new_id: NewId, new_secret: NewSecret
) -> tuple[ApiKey, str]:
    """The key as kept, and the token, which is shown this once. Raises UnknownScope."""
    token = token_of(context.tenant, new_secret())
    key = issue(command, ApiKeyId(new_id()), context.tenant, token)
    await tx.api_keys.add(key)
    event = ApiKeyIssued(key_id=key.id, name=key.name, scopes=tuple(sorted(key.scopes)))
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=StreamId(key.id), version=1, body=event)])
    return key, token
