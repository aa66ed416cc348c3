"""Deciding submissions in batches: claimed by shard, deleted in the transaction that decides them.

A crash gives a batch back. An order that breaks its batch is found by halving, each half in a savepoint, and moves to
the retry queue; the rest commits.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from core.acceptance.facts import Outcome, Requested
from core.acceptance.queues import RETRY, AcceptOrders, status_of
from core.intake.submission import Lane
from core.kernel.context import Context
from core.kernel.decider import in_halves
from core.kernel.ids import JobId
from core.kernel.job import NewJob
from core.kernel.retry import DEFAULT, delay_seconds
from ports.storage import CommitUnknown, StorageUnavailable
from ports.telemetry import Telemetry
from ports.work import Claimed, Work

BATCH = 1024
FAIR_EVERY = 8
"""Every so many batches the lanes are served from the other end, so that a busy high lane starves nobody."""

Accept = Callable[[AcceptOrders, Context, Any], Awaitable[list[Outcome]]]
Poisoned = tuple[Requested, Exception]


class BatchAcceptance:
    """Takes a batch at a time through the bound ``accept`` use case."""

    def __init__(self, work: Work[Any], accept: Accept, telemetry: Telemetry, *, batch: int = BATCH) -> None:
        self._work = work
        self._accept = accept
        self._telemetry = telemetry
        self.batch = batch
        self._turn = 0

    async def step(
        self, shards: Sequence[int], context: Context, limit: int | None = None, *, cautious: bool = False
    ) -> int:
        """Decide one batch of ``shards``, of ``limit`` submissions at most (``batch``); answers how many were taken.

        ``cautious``: decide nothing, move the batch to the retry queue, where attempts are counted before they are
        made: for what killed a worker.
        """
        self._turn += 1
        lanes = list(Lane) if self._turn % FAIR_EVERY else list(reversed(Lane))
        turned = [*shards[self._turn % len(shards) :], *shards[: self._turn % len(shards)]]
        started = time.perf_counter()
        async with self._work.claim(turned, lanes, limit or self.batch, context) as claimed:
            if not claimed.batch:
                return 0
            if cautious:
                await claimed.transaction.queue.put([_retry(requested, None) for requested in claimed.batch])
                return len(claimed.batch)
            outcomes, poisoned = await self._isolated(claimed)
            if poisoned:
                await claimed.transaction.queue.put([_retry(requested, error) for requested, error in poisoned])
        self._report(outcomes, poisoned, claimed, time.perf_counter() - started)
        return len(claimed.batch)

    async def _isolated(self, claimed: Claimed[Any]) -> tuple[list[Outcome], list[Poisoned]]:
        outcomes: list[Outcome] = []
        poisoned: list[Poisoned] = []
        left = [tuple(claimed.batch)]
        while left:
            part = left.pop(0)
            try:
                async with claimed.transaction.savepoint():
                    decided = await self._accept(AcceptOrders(batch=part), claimed.context, claimed.transaction)
            except (StorageUnavailable, CommitUnknown):
                raise
            except Exception as error:  # noqa: BLE001 - this is the door of a batch
                # Whatever one order can do wrong must not stop the others: halve until it stands alone.
                if len(part) == 1:
                    poisoned.append((part[0], error))
                else:
                    left[:0] = [tuple(half) for half in in_halves(part)]
                continue
            outcomes += decided
        return outcomes, poisoned

    def _report(
        self, outcomes: Sequence[Outcome], poisoned: Sequence[Poisoned], claimed: Claimed[Any], seconds: float
    ) -> None:
        count_outcomes(self._telemetry, outcomes, claimed.context)
        for requested, error in poisoned:
            self._telemetry.count("orders_failed_total", reason=type(error).__name__)
            self._telemetry.log(
                "error",
                "order failed in its batch",
                error=repr(error),
                intake=requested.submission.id,
                tenant=requested.submission.tenant,
                correlation=requested.submission.correlation,
            )
        self._telemetry.observe("order_batch_seconds", seconds)
        self._telemetry.log(
            "info", "batch decided", orders=len(outcomes), failed=len(poisoned), ms=round(seconds * 1000, 1)
        )


def count_outcomes(telemetry: Telemetry, outcomes: Sequence[Outcome], context: Context) -> None:
    """SPEC ORD-11: how many were decided, and how long the oldest and the newest of them waited."""
    statuses: dict[str, int] = {}
    for outcome in outcomes:
        status = status_of(outcome)
        statuses[status] = statuses.get(status, 0) + 1
    for status, number in statuses.items():
        telemetry.count("order_processed_total", number, status=status)
    for outcome in (*outcomes[:1], *outcomes[-1:]):
        waited = (context.now - outcome.requested.submission.received_at).total_seconds()
        telemetry.observe("order_processing_time_seconds", max(0.0, waited))


def _retry(requested: Requested, error: Exception | None) -> NewJob:
    submission = requested.submission
    return NewJob(
        id=JobId(submission.id),
        tenant=submission.tenant,
        queue=RETRY,
        payload=submission.id.encode(),
        correlation=submission.correlation,
        delay_seconds=delay_seconds(DEFAULT, 1, submission.id) if error else 0.0,
        max_attempts=DEFAULT.attempts,
    )
