"""Calling endpoints: due deliveries are taken under a lease, and what came of each call is written down."""

import asyncio
from collections import Counter
from dataclasses import replace

from core.kernel.context import Context
from core.kernel.ids import DeliveryId
from core.kernel.job import LeasedJob, LeaseLost, RetryJob
from core.kernel.retry import DEFAULT, delay_seconds
from core.webhooks.delivery import SCHEDULE, WEBHOOKS, Answer, SettleDelivery
from core.webhooks.endpoint import secrets_at
from core.webhooks.settling import Settled
from core.webhooks.signing import signed
from entrypoints.dispatch import Dispatch
from entrypoints.worker.holding import Holder
from ports.clock import Clock
from ports.queue import JobSource
from ports.storage import TROUBLE
from ports.telemetry import Telemetry
from ports.webhooks import WebhookCaller, WebhooksView

TOGETHER = 20
"""Calls under way at once in one worker (SPEC RES-04)."""
OF_ONE_MAX = 5
"""Of those to one endpoint: one that is slow takes so many places, and not all of them."""
LATER_SECONDS = 1.0
"""When what found no place is looked at again."""
LEASE_SECONDS = 30.0
RENEW_SECONDS = 10.0
"""A call ends within 20, and a worker that dies calling holds up nobody for long."""


class WebhookRunner:
    """Up to TOGETHER calls at a time; each by itself, so that a slow one holds up nobody."""

    def __init__(
        self,
        source: JobSource,
        dispatch: Dispatch,
        view: WebhooksView,
        caller: WebhookCaller,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._source = source
        self._dispatch = dispatch
        self._view = view
        self._caller = caller
        self._clock = clock
        self._telemetry = telemetry
        self._holder = Holder(clock, telemetry)
        self._calls: set[asyncio.Task[None]] = set()
        self._of_one: Counter[bytes] = Counter()

    async def step(self, context: Context) -> int:
        """Begin what is due and has a place; answers how many calls were begun."""
        places = TOGETHER - len(self._calls)
        jobs = await self._source.lease(WEBHOOKS, places, LEASE_SECONDS) if places else []
        begun = 0
        for job in jobs:
            acting = replace(context, tenants=(job.tenant,), correlation=job.correlation)
            if self._of_one[job.payload] < OF_ONE_MAX:
                self._begin(job, acting)
                begun += 1
            else:
                await self._put_off(job, "its endpoint is being called as often as may be", LATER_SECONDS, acting)
        return begun

    async def finish(self) -> None:
        """Wait for the calls under way."""
        if self._calls:
            await asyncio.wait(self._calls)

    def _begin(self, job: LeasedJob, context: Context) -> None:
        call = asyncio.create_task(self._deliver(job, context), name=f"webhook {job.id}")
        self._calls.add(call)
        self._of_one[job.payload] += 1
        call.add_done_callback(lambda done: self._ended(done, job.payload))

    def _ended(self, call: asyncio.Task[None], endpoint: bytes) -> None:
        self._calls.discard(call)
        self._of_one[endpoint] -= 1
        if not self._of_one[endpoint]:
            del self._of_one[endpoint]

    async def _deliver(self, job: LeasedJob, context: Context) -> None:
        """Whatever goes wrong, the delivery is settled; or put off, where the storage is to blame."""
        try:
            async with self._holder.holding(lambda: self._source.keep(job, LEASE_SECONDS), RENEW_SECONDS):
                await self._settle(job, await self._answer(job), context)
        except LeaseLost:
            self._telemetry.log("warning", "lease lost", job=job.id, attempt=job.attempt)
        except TROUBLE as error:
            await self._put_off(job, repr(error), delay_seconds(DEFAULT, job.attempt, job.id), context)

    async def _settle(self, job: LeasedJob, answer: Answer | None, context: Context) -> None:
        now = replace(context, now=self._clock.now())
        settled: Settled | None = await self._dispatch.run(SettleDelivery(job=job, answer=answer), now)
        outcome = "none" if settled is None else settled.delivery.state.value
        self._telemetry.count("webhook_attempts_total", outcome=outcome)
        if settled is not None and settled.announced is not None:
            announced = settled.announced
            self._telemetry.count("webhooks_disabled_total")
            self._telemetry.log("error", "webhook disabled", webhook=announced.webhook_id, reason=announced.reason)

    async def _put_off(self, job: LeasedJob, why: str, seconds: float, context: Context) -> None:
        self._telemetry.log("info", "delivery put off", job=job.id, why=why)
        try:
            await self._dispatch.run(RetryJob(job=job, delay_seconds=seconds, detail=why, counted=False), context)
        except (LeaseLost, *TROUBLE) as error:
            self._telemetry.log("warning", "delivery not put off", job=job.id, error=repr(error))

    async def _answer(self, job: LeasedJob) -> Answer | None:
        """What calling the endpoint gave; None: it is not called."""
        delivery = await self._view.delivery(job.tenant, DeliveryId(job.id))
        if delivery is None or job.attempt > len(SCHEDULE):
            return None
        endpoint = await self._view.endpoint(job.tenant, delivery.endpoint)
        if endpoint is None or endpoint.disabled is not None:
            return None
        now = self._clock.now()
        headers = signed(secrets_at(endpoint, now), delivery.event, now, delivery.body)
        try:
            return await self._caller.call(endpoint.id, endpoint.url, headers, delivery.body)
        except Exception as error:  # noqa: BLE001 - a defect of the caller's is an attempt that failed, like any other
            self._telemetry.log("error", "calling failed", job=job.id, error=repr(error))
            return Answer(status=None, error=repr(error), body=b"", took_ms=0)
