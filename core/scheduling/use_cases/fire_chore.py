"""Fire a chore, once for each moment it is due at."""

from core.kernel.context import Context
from core.kernel.job import NewJob
from core.scheduling.chore import CHORES, FireChore, job_id
from ports.schedule import ScheduleTransaction

ATTEMPTS_MAX = 3


async def fire_chore(command: FireChore, context: Context, tx: ScheduleTransaction) -> bool:
    """Whether it was fired: False when it was before, for this moment or a later one."""
    if not await tx.schedule.advance(command.chore, command.due):
        return False
    job = NewJob(
        id=job_id(context.tenant, command.chore),
        tenant=context.tenant,
        queue=CHORES,
        payload=command.chore.encode(),
        correlation=context.correlation,
        max_attempts=ATTEMPTS_MAX,
    )
    await tx.queue.put([job])
    return True
