"""Jobs that nothing else begins or ends: set aside, done, tried again, given up."""

from collections.abc import Collection

from core.kernel.context import Context
from core.kernel.ids import TenantId
from core.kernel.job import BuryJob, FindHeldUp, FinishJob, RetryJob, SetAside
from ports.acceptance import AcceptanceTransaction


async def find_held_up(
    command: FindHeldUp, context: Context, tx: AcceptanceTransaction
) -> Collection[tuple[TenantId, str]]:
    """Those of the command's keys that are."""
    return await tx.queue.held_up(command.queue, command.keys)


async def set_aside(command: SetAside, context: Context, tx: AcceptanceTransaction) -> None:
    """Keep the jobs but those that are there already, alive or dead."""
    await tx.queue.put(command.jobs)


async def finish_job(command: FinishJob, context: Context, tx: AcceptanceTransaction) -> None:
    """The job is done. Raises LeaseLost."""
    await tx.queue.finish(command.job)


async def retry_job(command: RetryJob, context: Context, tx: AcceptanceTransaction) -> None:
    """Give the job back for later. Raises LeaseLost."""
    await tx.queue.retry(command.job, command.delay_seconds, command.detail, counted=command.counted)


async def bury_job(command: BuryJob, context: Context, tx: AcceptanceTransaction) -> None:
    """Give the job up: a visible dead letter with its cause. Raises LeaseLost."""
    await tx.queue.bury(command.job, command.code, command.detail, command.trace)
