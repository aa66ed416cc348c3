"""Give a job up for good."""

from core.intake.dead_letters import DeadLetterNotFound, ForgiveDeadLetter
from core.kernel.context import Context
from ports.queue import DeadLettersTransaction


async def forgive_dead_letter(command: ForgiveDeadLetter, context: Context, tx: DeadLettersTransaction) -> None:
    """The dead letter is gone. Raises DeadLetterNotFound."""
    if not await tx.dead_letters.forgive(command.job):
        raise DeadLetterNotFound(f"there is no dead letter {command.job}")
