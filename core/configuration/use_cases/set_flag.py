"""Switch a flag."""

from core.configuration.flag import FlagSet, SetFlag
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import named_stream
from ports.configuration import ConfigurationTransaction


async def set_flag(command: SetFlag, context: Context, tx: ConfigurationTransaction) -> FlagSet:
    """The flag as it is now."""
    version = await tx.flags.put(command.flag, command.enabled)
    event = FlagSet(flag=command.flag, enabled=command.enabled)
    stream = named_stream(context.tenant, f"flag:{command.flag}")
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=stream, version=version, body=event)])
    return event
