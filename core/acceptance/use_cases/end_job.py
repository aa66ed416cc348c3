"""What becomes of a queued submission that could not be decided."""

from core.kernel.context import Context
from core.kernel.job import BuryJob, RetryJob
from ports.acceptance import AcceptanceTransaction


async def retry_job(command: RetryJob, context: Context, tx: AcceptanceTransaction) -> None:
    """Give the job back for later. Raises LeaseLost."""
    await tx.queue.retry(command.job, command.delay_seconds, command.detail)


async def bury_job(command: BuryJob, context: Context, tx: AcceptanceTransaction) -> None:
    """Give the job up: a visible dead letter with its cause. Raises LeaseLost."""
    await tx.queue.bury(command.job, command.code, command.detail, command.trace)
