"""Decide one submission that waited in a queue, together with the end of its job."""

from dataclasses import replace

from core.acceptance.facts import Outcome
from core.acceptance.queues import REVIEW, AcceptOrders, AcceptQueued
from core.acceptance.use_cases.accept_orders import EndExpired, accept_orders
from core.kernel.context import Context
from core.kernel.ids import IntakeId
from ports.acceptance import AcceptanceTransaction


async def accept_queued(
    command: AcceptQueued, context: Context, tx: AcceptanceTransaction, *, end_expired: EndExpired
) -> list[Outcome]:
    """The outcome; empty when the submission was decided meanwhile. Raises LeaseLost when the job is not ours now.

    The job ends first: if its lease is gone, nothing else may be written.
    """
    job = command.job
    await tx.queue.finish(job)
    intake = IntakeId(job.payload.decode())
    ids = await tx.acceptance.undecided([intake])
    batch = await tx.acceptance.submissions(ids)
    passed = [replace(requested, reviewed=job.queue == REVIEW) for requested in batch]
    if not passed:
        return []
    return await accept_orders(AcceptOrders(batch=tuple(passed)), context, tx, end_expired=end_expired)
