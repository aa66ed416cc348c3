"""Make a refusal what a step's command was answered."""

from core.kernel.context import Context
from core.sagas.commands import RememberRefusal
from ports.sagas import SagasTransaction


async def remember_refusal(command: RememberRefusal, context: Context, tx: SagasTransaction) -> RememberRefusal:
    """The refusal, for the door to remember under its key: that is all it does."""
    return command
