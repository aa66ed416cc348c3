"""Calling endpoints: due deliveries are taken under a lease, and what came of each call is written down."""

import asyncio
from dataclasses import replace

from core.kernel.context import Context
from core.kernel.ids import DeliveryId
from core.kernel.job import LeasedJob, LeaseLost
from core.webhooks.delivery import SCHEDULE, WEBHOOKS, Answer, Delivery, SettleDelivery
from core.webhooks.endpoint import Endpoint, secrets_at
from core.webhooks.signing import signed
from entrypoints.dispatch import Dispatch
from ports.clock import Clock
from ports.queue import JobSource
from ports.storage import TROUBLE
from ports.telemetry import Telemetry
from ports.webhooks import WebhookCaller, WebhooksView

TOGETHER = 20
"""Calls under way at once in one worker (SPEC RES-04): an endpoint that is slow takes a place, not the queue."""
LEASE_SECONDS = 30.0
"""A call ends within 20; for so long nobody calls again where a worker died calling."""


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
        self._calls: set[asyncio.Task[None]] = set()

    async def step(self, context: Context) -> int:
        """Begin what is due and has a place; answers how many calls were begun. Waits while there is no place."""
        if len(self._calls) >= TOGETHER:
            await asyncio.wait(self._calls, return_when=asyncio.FIRST_COMPLETED)
        jobs = await self._source.lease(WEBHOOKS, TOGETHER - len(self._calls), LEASE_SECONDS)
        for job in jobs:
            acting = replace(context, tenants=(job.tenant,), correlation=job.correlation)
            call = asyncio.create_task(self._deliver(job, acting), name=f"webhook {job.id}")
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
        return len(jobs)

    async def finish(self) -> None:
        """Wait for the calls under way."""
        if self._calls:
            await asyncio.wait(self._calls)

    async def _deliver(self, job: LeasedJob, context: Context) -> None:
        """Whatever goes wrong in here, the lease ends, and the attempt has been counted."""
        try:
            answer = await self._answer(job)
            now = replace(context, now=self._clock.now())
            settled = await self._dispatch.run(SettleDelivery(job=job, answer=answer), now)
        except LeaseLost:
            self._telemetry.log("warning", "lease lost", job=job.id, attempt=job.attempt)
            return
        except TROUBLE as error:
            self._telemetry.log("warning", "delivery not settled; it is tried again", job=job.id, error=repr(error))
            return
        except Exception as error:  # noqa: BLE001 - one delivery's defect must not stop the others
            self._telemetry.log("error", "delivery failed", job=job.id, error=repr(error))
            return
        outcome = "none" if settled is None else settled.delivery.state.value
        self._telemetry.count("webhook_attempts_total", outcome=outcome)
        if settled is not None and settled.announced is not None:
            announced = settled.announced
            self._telemetry.count("webhooks_disabled_total")
            self._telemetry.log("error", "webhook disabled", webhook=announced.webhook_id, reason=announced.reason)

    async def _answer(self, job: LeasedJob) -> Answer | None:
        """What calling the endpoint gave; None: it is not called."""
        delivery = await self._view.delivery(job.tenant, DeliveryId(job.id))
        if delivery is None or job.attempt > len(SCHEDULE):
            return None
        endpoint = await self._view.endpoint(job.tenant, delivery.endpoint)
        if endpoint is None or endpoint.disabled is not None:
            return None
        return await self._call(endpoint, delivery)

    async def _call(self, endpoint: Endpoint, delivery: Delivery) -> Answer:
        now = self._clock.now()
        headers = signed(secrets_at(endpoint, now), delivery.event, now, delivery.body)
        return await self._caller.call(endpoint.id, endpoint.url, headers, delivery.body)
