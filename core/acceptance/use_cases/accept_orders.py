"""Decide a batch of submissions: the hot path's one use case."""

from core.acceptance.decision import decide_batch
from core.acceptance.events import OrderHeld
from core.acceptance.facts import Outcome, Working
from core.acceptance.queues import REVIEW, AcceptOrders
from core.kernel.context import Context
from core.kernel.ids import JobId
from core.kernel.job import NewJob
from ports.acceptance import AcceptanceTransaction

PART = 64
"""So many are decided while the storage is busy with those before them."""


async def accept_orders(command: AcceptOrders, context: Context, tx: AcceptanceTransaction) -> list[Outcome]:
    """Each submission's outcome, in order. One gather and one fold, however many there are, saved in a few parts.

    A held order is parked in the review queue until a person replays it.
    """
    facts = await tx.acceptance.gather(command.batch)
    working = Working(facts)
    outcomes: list[Outcome] = []
    async with tx.acceptance.saving() as save:
        for start in range(0, len(command.batch), PART):
            decided = decide_batch(command.batch[start : start + PART], working, context.now)
            await save(decided)
            outcomes += decided
    held = [outcome for outcome in outcomes if isinstance(outcome.event, OrderHeld)]
    if held:
        await tx.queue.put([_for_review(outcome) for outcome in held])
    return outcomes


def _for_review(outcome: Outcome) -> NewJob:
    submission = outcome.requested.submission
    return NewJob(
        id=JobId(submission.id),
        tenant=submission.tenant,
        queue=REVIEW,
        payload=submission.id.encode(),
        correlation=submission.correlation,
        delay_seconds=None,
    )
