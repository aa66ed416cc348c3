"""Decide a batch of submissions: the hot path's one use case."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from core.acceptance.decision import decide_batch
from core.acceptance.events import OrderHeld
from core.acceptance.facts import Facts, Outcome, Working
from core.acceptance.queues import REVIEW, AcceptOrders
from core.kernel.context import Context
from core.kernel.ids import ItemId, JobId
from core.kernel.job import NewJob
from ports.acceptance import AcceptanceTransaction
from ports.inventory import InventoryTransaction

PART = 128
"""So many are decided while the storage is busy with those before them."""


EndExpired = Callable[[Collection[ItemId], Context, InventoryTransaction], Awaitable[int]]
"""Ends holds on items whose time is over; answers how many."""


async def accept_orders(
    command: AcceptOrders, context: Context, tx: AcceptanceTransaction, *, end_expired: EndExpired
) -> list[Outcome]:
    """Each submission's outcome, in order. One gather and one fold, however many there are, saved in a few parts.

    A held order is parked in the review queue until a person replays it. Holds on stock whose time is over are in
    nobody's way: they are ended first.
    """
    facts = await tx.acceptance.gather(command.batch)
    if facts.reserved and await _ended(facts, context, tx, end_expired):
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


async def _ended(facts: Facts, context: Context, tx: AcceptanceTransaction, end_expired: EndExpired) -> int:
    # A hold may span items of no order here: their balances are then locked out of order. Should two transactions ever
    # wait for each other over it, the storage refuses one of them, and that one is tried again.
    ended = 0
    for tenant, items in sorted(facts.reserved.items()):
        ended += await end_expired(items, replace(context, tenants=(tenant,)), tx.of(tenant))
    return ended


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
