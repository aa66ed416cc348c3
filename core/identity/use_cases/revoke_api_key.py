"""Let somebody in no more."""

from core.identity.api_key import ApiKeyNotFound, ApiKeyRevoked, RevokeApiKey
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import StreamId
from ports.identity import IdentityTransaction


async def revoke_api_key(command: RevokeApiKey, context: Context, tx: IdentityTransaction) -> None:
    """The key opens nothing from now on. Raises ApiKeyNotFound, also for one that was revoked before."""
    key = command.key
    if not await tx.api_keys.revoke(key):
        raise ApiKeyNotFound(f"there is no API key {key}")
    # A key is issued once and revoked once: its stream has two events at most.
    event = ApiKeyRevoked(key_id=key)
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=StreamId(key), version=2, body=event)])
