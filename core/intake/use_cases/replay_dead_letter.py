"""Try a job again that was given up, or let one pass that waits for a person."""

from core.intake.dead_letters import DeadLetterNotFound, ReplayDeadLetter
from core.kernel.context import Context
from ports.queue import DeadLettersTransaction


async def replay_dead_letter(command: ReplayDeadLetter, context: Context, tx: DeadLettersTransaction) -> None:
    """The job is due again. Raises DeadLetterNotFound."""
    if not await tx.dead_letters.replay(command.job):
        raise DeadLetterNotFound(f"there is no dead letter {command.job}")
