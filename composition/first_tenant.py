"""The tenant a fresh installation begins with, so that somebody can try it at once."""

import msgspec

from composition.session import open_session
from composition.settings import Settings
from entrypoints.cli.demo import fill
from entrypoints.cli.new_tenant import create_tenant_with_key

FIRST = "demo"


async def first_key(settings: Settings, url: str, *, demo: bool = False) -> None:
    """Create the first tenant if there is none, and print its key, this once; ``demo`` fills it."""
    # The key is what the reader is to see, not the log lines of making it.
    async with open_session(msgspec.structs.replace(settings, log_level="error"), url) as session:
        known = await session.tenants.tenant(FIRST)
        if demo and known is not None:
            await fill(session, known)
        if await session.tenants.tenants():
            return
        made = await create_tenant_with_key(session, FIRST)
        if demo:
            await fill(session, made.tenant_id)
    print(f"First tenant: {FIRST}   tenant id: {made.tenant_id}", flush=True)
    print(f"API key (shown this once): {made.api_key}", flush=True)
