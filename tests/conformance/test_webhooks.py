"""Webhooks over a storage: who is called with what, once; what is kept; what is tried again, given up, asked for."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.memory.webhooks import MemoryDeliveries
from adapters.postgres.webhooks import PostgresDeliveries
from core.configuration.flag import Flag, SetFlag
from core.kernel.context import Context
from core.kernel.event import START, RecordedEvent
from core.kernel.ids import StreamId, WebhookId
from core.kernel.job import LeaseLost
from core.webhooks.delivery import (
    SCHEDULE,
    WEBHOOKS,
    Answer,
    Delivery,
    DeliveryState,
    RepeatFailed,
    ReplayEvents,
    SettleDelivery,
    SpreadEvents,
)
from core.webhooks.endpoint import (
    ENDPOINTS_MAX,
    AddWebhook,
    DisableWebhook,
    EnableWebhook,
    Endpoint,
    RemoveWebhook,
    RotateWebhookSecret,
    TooManyWebhooks,
    TryWebhook,
    WebhookNotFound,
    WebhookState,
)
from core.webhooks.use_cases.spread_events import TOGETHER as TOGETHER_IN_A_STATEMENT
from entrypoints.worker.webhooks import OF_ONE_MAX, TOGETHER, WebhookRunner
from ports.storage import CommitUnknown
from ports.webhooks import END
from tests.conformance.office import CONTEXT, Office
from tests.conformance.shop import a_tenant
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, TENANT, an_id

FINE = Answer(status=200, error=None, body=b"thanks", took_ms=3)
DOWN = Answer(status=None, error="ConnectError", body=b"", took_ms=7)
URL = "https://h.example.com/hooks"
OTHERS = replace(CONTEXT, tenants=(OTHER_TENANT,))


class House:
    """A storage with a door, a worker that calls, and endpoints that answer as they are told."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.office = Office(storage)
        self.answers: deque[Answer] = deque()
        self.called: list[tuple[WebhookId, Mapping[str, str], bytes]] = []
        self.cursor = START
        self.time = NOW
        self.runner = self.a_runner()

    def a_runner(self) -> WebhookRunner:
        office = self.office
        return WebhookRunner(
            self.storage.jobs,
            office.dispatch,
            self.storage.webhooks,
            self,
            self,  # type: ignore[arg-type]
            office.telemetry,
        )

    def now(self) -> Any:
        return NOW

    async def sleep(self, seconds: float) -> None:
        """Nothing takes so long here that it must be held longer."""
        await asyncio.Event().wait()

    async def check(self, url: str) -> None:
        """Anywhere is fine."""

    async def call(self, webhook: WebhookId, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.called.append((webhook, headers, body))
        return self.answers.popleft() if self.answers else FINE

    async def add(self, *events: str, context: Context = CONTEXT) -> Endpoint:
        endpoint: Endpoint = await self.office.run(AddWebhook(url=URL, events=events or ("flag.*",)), context)
        return endpoint

    async def happen(self, times: int = 1, context: Context = CONTEXT) -> None:
        for number in range(times):
            await self.office.run(SetFlag(flag=Flag.RISK_ASSESSMENT, enabled=bool(number % 2)), context)

    async def news(self) -> list[RecordedEvent]:
        events: list[RecordedEvent] = list(await self.storage.feed.read(self.cursor, 1000))
        if events:
            self.cursor = events[-1].cursor
        return events

    async def spread(self, events: list[RecordedEvent] | None = None) -> int:
        """What the relay does with what has happened since it last did."""
        events = await self.news() if events is None else events
        context = replace(CONTEXT, tenants=(TENANT, OTHER_TENANT), now=self.time)
        begun: int = await self.office.run(SpreadEvents(events=tuple(events)), context)
        return begun

    async def work(self) -> int:
        """One step of the worker, to the end of its calls."""
        taken = await self.runner.step(CONTEXT)
        await self.runner.finish()
        return taken

    async def deliveries(self, webhook: WebhookId, state: DeliveryState | None = None) -> list[Delivery]:
        view = self.storage.webhooks
        return list(await view.deliveries(TENANT, webhook, state=state, before=END, limit=100))


async def a_house(storage: Storage) -> House:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    return House(storage)


async def test_what_an_endpoint_wants_is_delivered_to_it_signed(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    await house.happen()
    assert await house.spread() == 1
    assert await house.work() == 1
    ((called, headers, body),) = house.called
    assert called == endpoint.id
    assert set(headers) == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert b'"type":"flag.set.v1"' in body
    (delivery,) = await house.deliveries(endpoint.id)
    assert (delivery.state, delivery.attempts, delivery.body) == (DeliveryState.DELIVERED, 1, b"")
    assert delivery.event == headers["webhook-id"]
    (attempt,) = await house.storage.webhooks.attempts(TENANT, delivery.id)
    assert (attempt.number, attempt.status, attempt.response, attempt.took_ms) == (1, 200, b"thanks", 3)
    assert await house.work() == 0


async def test_what_is_spread_again_is_delivered_once(storage: Storage) -> None:
    house = await a_house(storage)
    await house.add()
    await house.happen(3)
    events = await house.news()
    assert [await house.spread(events), await house.spread(events)] == [3, 0]
    await house.work()
    assert await house.spread(events) == 0
    assert await house.work() == 0
    assert len(house.called) == 3


async def test_two_that_spread_at_the_same_moment_begin_each_delivery_once(storage: Storage) -> None:
    house = await a_house(storage)
    await house.add()
    await house.happen(5)
    events = await house.news()
    assert sum(await asyncio.gather(*(house.spread(events) for _ in range(4)))) == 5
    await house.work()
    assert len(house.called) == 5


async def test_each_gets_what_it_wants_of_its_own_tenant(storage: Storage) -> None:
    house = await a_house(storage)
    flags, all_, orders = await house.add("flag.*"), await house.add("*"), await house.add("order.*")
    others = await house.add("*", context=OTHERS)
    await house.spread()
    house.called.clear()
    await house.work()
    house.called.clear()
    await house.happen()
    await house.happen(context=OTHERS)
    assert await house.spread() == 3
    await house.work()
    assert sorted(webhook for webhook, _, _ in house.called) == sorted([flags.id, all_.id, others.id])
    assert await house.deliveries(orders.id) == []
    assert await house.deliveries(others.id) == []
    assert await house.storage.webhooks.endpoint(TENANT, others.id) is None


async def test_what_fails_is_tried_again_with_the_same_id_until_it_is_taken(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    house.answers.extend([DOWN, replace(FINE, status=500)])
    await house.happen()
    await house.spread()
    assert [await house.work(), await house.work()] == [1, 0]
    kept = await house.storage.webhooks.endpoint(TENANT, endpoint.id)
    assert kept.failing_since == NOW
    for _ in range(2):
        await house.storage.make_due()
        assert await house.work() == 1
    assert len({headers["webhook-id"] for _, headers, _ in house.called}) == 1
    assert len({body for _, _, body in house.called}) == 1
    (delivery,) = await house.deliveries(endpoint.id)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 3)
    attempts = await house.storage.webhooks.attempts(TENANT, delivery.id)
    assert [(one.number, one.status, one.error) for one in attempts] == [
        (1, None, "ConnectError"),
        (2, 500, None),
        (3, 200, None),
    ]
    kept = await house.storage.webhooks.endpoint(TENANT, endpoint.id)
    assert kept == endpoint


async def test_after_its_last_attempt_it_is_given_up_and_can_be_asked_for(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    house.answers.extend([DOWN] * len(SCHEDULE))
    await house.happen()
    await house.spread()
    for _ in SCHEDULE:
        await house.storage.make_due()
        assert await house.work() == 1
    await house.storage.make_due()
    assert await house.work() == 0
    (delivery,) = await house.deliveries(endpoint.id, DeliveryState.FAILED)
    assert (delivery.attempts, delivery.detail) == (10, "ConnectError")
    assert await house.office.run(RepeatFailed(id=endpoint.id, since=NOW + timedelta(seconds=1))) == 0
    assert await house.office.run(RepeatFailed(id=endpoint.id, since=NOW)) == 1
    assert await house.office.run(RepeatFailed(id=endpoint.id, since=NOW)) == 0
    assert await house.work() == 1
    (delivery,) = await house.deliveries(endpoint.id)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 11)
    assert len(await house.storage.webhooks.attempts(TENANT, delivery.id)) == 11


async def test_who_is_gone_is_called_no_more_and_that_is_told(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    watcher = await house.add("webhook.disabled.v1")
    house.answers.append(replace(FINE, status=410))
    await house.happen(2)
    await house.spread()
    house.runner = house.a_runner()
    await house.work()
    kept = await house.storage.webhooks.endpoint(TENANT, endpoint.id)
    assert kept.disabled == "it answered 410 Gone"
    await house.spread()
    house.called.clear()
    await house.work()
    ((called, _, body),) = house.called
    assert called == watcher.id
    assert b"it answered 410 Gone" in body
    await house.happen()
    assert await house.spread() == 0
    assert house.office.telemetry.counts["webhooks_disabled_total", ()] == 1


async def test_what_waits_for_an_endpoint_that_is_disabled_is_given_up_uncalled(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    await house.happen()
    await house.spread()
    await house.office.run(DisableWebhook(id=endpoint.id))
    assert await house.work() == 1
    assert house.called == []
    (delivery,) = await house.deliveries(endpoint.id)
    assert (delivery.state, delivery.attempts) == (DeliveryState.FAILED, 0)
    assert delivery.detail == "the webhook is disabled: somebody disabled it"
    with pytest.raises(WebhookState):
        await house.office.run(RepeatFailed(id=endpoint.id, since=NOW))
    await house.office.run(EnableWebhook(id=endpoint.id))
    assert await house.office.run(RepeatFailed(id=endpoint.id, since=NOW)) == 1
    assert await house.work() == 1
    assert len(house.called) == 1


async def test_what_waits_for_an_endpoint_that_was_removed_is_given_up_uncalled(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    await house.happen()
    await house.spread()
    await house.office.run(RemoveWebhook(id=endpoint.id))
    assert await house.work() == 1
    assert house.called == []
    assert [one.detail for one in await house.deliveries(endpoint.id)] == ["the webhook was removed"]
    again = ReplayEvents(id=endpoint.id, events=())
    for command in (
        RemoveWebhook(id=endpoint.id),
        TryWebhook(id=endpoint.id),
        RepeatFailed(id=endpoint.id, since=NOW),
        again,
    ):
        with pytest.raises(WebhookNotFound):
            await house.office.run(command)


async def test_what_happened_meanwhile_is_replayed_from_a_place_on(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint, other = await house.add(), await house.add()
    await house.happen(2)
    await house.spread()
    await house.work()
    await house.office.run(DisableWebhook(id=endpoint.id))
    await house.happen()
    await house.spread()
    await house.office.run(EnableWebhook(id=endpoint.id))
    await house.work()
    house.called.clear()
    events = tuple(await house.storage.feed.page(TENANT, START, 100))
    replay = ReplayEvents(id=endpoint.id, events=events)
    assert await house.office.run(replay) == 3
    assert await house.office.run(replay) == 0
    assert await house.work() == 3
    assert {webhook for webhook, _, _ in house.called} == {endpoint.id} != {other.id}
    assert len({headers["webhook-id"] for _, headers, _ in house.called}) == 3
    assert all(b"flag.set.v1" in body for _, _, body in house.called)
    states = [one.state for one in await house.deliveries(endpoint.id)]
    assert states == [DeliveryState.DELIVERED] * 3


async def test_a_test_goes_to_the_one_it_is_about(storage: Storage) -> None:
    house = await a_house(storage)
    picky, other = await house.add("order.*"), await house.add("*")
    await house.spread()
    await house.work()
    house.called.clear()
    await house.office.run(TryWebhook(id=picky.id))
    assert await house.spread() == 1
    await house.work()
    assert [webhook for webhook, _, _ in house.called] == [picky.id] != [other.id]


async def test_while_a_secret_is_replaced_two_signatures_are_sent(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    changed = await house.office.run(RotateWebhookSecret(id=endpoint.id))
    assert len(changed.secrets) == 2
    await house.happen()
    await house.spread()
    await house.work()
    ((_, headers, _),) = house.called
    assert len(headers["webhook-signature"].split(" ")) == 2


async def test_who_dies_calling_has_had_his_attempt(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    await house.happen()
    await house.spread()
    for _ in SCHEDULE:
        (job,) = await house.storage.jobs.lease(WEBHOOKS, 9, 0.0)
    assert job.attempt == len(SCHEDULE)
    assert await house.work() == 1
    assert house.called == []
    (delivery,) = await house.deliveries(endpoint.id)
    assert (delivery.state, delivery.detail) == (DeliveryState.FAILED, "nobody survived calling it")


async def test_who_took_too_long_writes_nothing_about_what_is_anothers(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    await house.happen()
    await house.spread()
    (late,) = await house.storage.jobs.lease(WEBHOOKS, 9, 0.0)
    (job,) = await house.storage.jobs.lease(WEBHOOKS, 9, 60.0)
    with pytest.raises(LeaseLost):
        await house.office.run(SettleDelivery(job=late, answer=DOWN))
    assert [one.attempts for one in await house.deliveries(endpoint.id)] == [0]
    await house.office.run(SettleDelivery(job=job, answer=FINE))
    assert [one.state for one in await house.deliveries(endpoint.id)] == [DeliveryState.DELIVERED]


async def test_trouble_with_the_storage_costs_no_attempt(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    await house.happen()
    await house.spread()
    call = house.call

    async def call_and_break(*given: Any) -> Answer:
        storage.next_statement_breaks()
        return await call(*given)

    house.call = call_and_break  # type: ignore[method-assign]
    for _ in range(len(SCHEDULE) + 1):
        assert await house.work() == 1
        await storage.make_due()
    assert [one.state for one in await house.deliveries(endpoint.id)] == [DeliveryState.WAITING]
    house.call = call  # type: ignore[method-assign]
    (job,) = await storage.jobs.lease(WEBHOOKS, 1, 0.0)
    assert job.attempt == 1
    assert await house.work() == 1
    assert [one.state for one in await house.deliveries(endpoint.id)] == [DeliveryState.DELIVERED]


@pytest.mark.parametrize("done", [True, False])
async def test_a_settlement_nobody_heard_of_is_made_once(storage: Storage, done: bool) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    await house.happen()
    await house.spread()
    call = house.call

    async def call_and_lose(*given: Any) -> Answer:
        storage.next_commit_unknown(done=done)
        return await call(*given)

    house.call = call_and_lose  # type: ignore[method-assign]
    await house.work()
    house.call = call  # type: ignore[method-assign]
    await storage.make_due()
    assert await house.work() == (0 if done else 1)
    (delivery,) = await house.deliveries(endpoint.id)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)
    assert len(await storage.webhooks.attempts(TENANT, delivery.id)) == 1


@pytest.mark.parametrize("done", [True, False])
async def test_a_spreading_nobody_heard_of_is_made_once(storage: Storage, done: bool) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    await house.happen(2)
    events = await house.news()
    storage.next_commit_unknown(done=done)
    with pytest.raises(CommitUnknown):
        await house.spread(events)
    assert await house.spread(events) == (0 if done else 2)
    await house.work()
    assert len(house.called) == len(await house.deliveries(endpoint.id)) == 2


async def test_who_is_enabled_while_a_worker_still_thinks_otherwise_loses_no_attempt(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    await house.happen()
    await house.spread()
    (job,) = await storage.jobs.lease(WEBHOOKS, 1, 60.0)
    await house.office.run(SettleDelivery(job=job, answer=None))
    (again,) = await storage.jobs.lease(WEBHOOKS, 1, 0.0)
    assert again.attempt == 1
    assert await house.work() == 1
    assert [one.state for one in await house.deliveries(endpoint.id)] == [DeliveryState.DELIVERED]


async def test_a_defect_of_the_caller_is_an_attempt_like_any_other(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    await house.happen()
    await house.spread()

    async def defective(*given: Any) -> Answer:
        raise ZeroDivisionError("x" * 1000)

    house.call = defective  # type: ignore[method-assign]
    assert await house.work() == 1
    (delivery,) = await house.deliveries(endpoint.id)
    (attempt,) = await storage.webhooks.attempts(TENANT, delivery.id)
    assert attempt.error is not None
    assert attempt.error.startswith("ZeroDivisionError")
    assert (delivery.attempts, len(attempt.error)) == (1, 200)


async def test_a_slow_endpoint_has_so_many_places_and_the_others_the_rest(storage: Storage) -> None:
    house = await a_house(storage)
    slow = await house.add()
    await house.happen(TOGETHER)
    await house.spread()
    ends = asyncio.Event()
    call = house.call

    async def wait_and_call(webhook: WebhookId, *given: Any) -> Answer:
        if webhook == slow.id:
            await ends.wait()
        return await call(webhook, *given)

    house.call = wait_and_call  # type: ignore[method-assign]
    assert await house.runner.step(CONTEXT) == OF_ONE_MAX
    quick = await house.add()
    await house.happen()
    await house.spread()
    await storage.make_due()
    while quick.id not in [webhook for webhook, _, _ in house.called]:
        await house.runner.step(CONTEXT)
    assert slow.id not in [webhook for webhook, _, _ in house.called]
    ends.set()
    await house.runner.finish()
    for _ in range(TOGETHER):
        await storage.make_due()
        await house.work()
    assert [one.state for one in await house.deliveries(slow.id)] == [DeliveryState.DELIVERED] * (TOGETHER + 1)
    assert {one.attempts for one in await house.deliveries(slow.id)} == {1}


async def test_a_tenant_has_so_many_at_most(storage: Storage) -> None:
    house = await a_house(storage)
    for _ in range(ENDPOINTS_MAX):
        await house.add()
    with pytest.raises(TooManyWebhooks):
        await house.add()
    assert len(await house.storage.webhooks.endpoints(TENANT)) == ENDPOINTS_MAX
    await house.add(context=OTHERS)


async def test_deliveries_are_listed_page_by_page_the_last_that_began_first(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    await house.happen(5)
    events = await house.news()
    for number, event in enumerate(events):
        house.time = NOW + timedelta(minutes=number)
        await house.spread([event])
    view = storage.webhooks
    found = await house.deliveries(endpoint.id)
    assert [one.event for one in found] == [event.id for event in reversed(events) if event.name == "flag.set.v1"]
    before = (found[1].created_at, found[1].id)
    assert list(await view.deliveries(TENANT, endpoint.id, state=None, before=before, limit=2)) == found[2:4]
    waiting = await view.deliveries(TENANT, endpoint.id, state=DeliveryState.WAITING, before=before, limit=2)
    assert list(waiting) == found[2:4]
    assert await view.deliveries(TENANT, endpoint.id, state=DeliveryState.FAILED, before=END, limit=9) == []
    assert await view.delivery(TENANT, found[0].id) == found[0]
    assert await view.delivery(OTHER_TENANT, found[0].id) is None
    assert await view.delivery(TENANT, an_id(1)) is None
    assert await view.attempts(OTHER_TENANT, found[0].id) == []


async def test_what_is_asked_for_again_begins_again(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    await house.happen()
    events = tuple(await house.news())
    await house.spread(list(events))
    await house.work()
    later = replace(CONTEXT, now=NOW + timedelta(days=29))
    assert await house.office.run(ReplayEvents(id=endpoint.id, events=events), later) == 1
    assert [one.created_at for one in await house.deliveries(endpoint.id)] == [later.now]


async def test_many_endpoints_of_many_events_are_written_down_in_parts(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await a_house(storage)
    written: list[int] = []
    for kind in (MemoryDeliveries, PostgresDeliveries):
        monkeypatch.setattr(kind, "add", _measured(kind.add, written))
    for _ in range(3):
        await house.add()
    await house.happen(2)
    events = [event for event in await house.news() if event.name == "flag.set.v1"]
    more = [replace(event, stream=StreamId(an_id(9_000 + number))) for number in range(250) for event in events]
    assert len(more) * 3 > TOGETHER_IN_A_STATEMENT
    assert await house.spread(more) == sum(written) == len(more) * 3
    assert max(written) == TOGETHER_IN_A_STATEMENT
    assert await house.spread(more) == 0


def _measured(add: Any, written: list[int]) -> Any:
    async def measured(self: Any, deliveries: Any) -> Any:
        written.append(len(deliveries))
        return await add(self, deliveries)

    return measured


async def test_two_change_an_endpoint_one_after_the_other(storage: Storage) -> None:
    house = await a_house(storage)
    endpoint = await house.add()
    results = await asyncio.gather(
        *(house.office.run(RotateWebhookSecret(id=endpoint.id)) for _ in range(3)), return_exceptions=True
    )
    assert sorted(one.version for one in results if isinstance(one, Endpoint)) == [2, 3, 4]
    kept = await house.storage.webhooks.endpoint(TENANT, endpoint.id)
    assert kept.version == 4
