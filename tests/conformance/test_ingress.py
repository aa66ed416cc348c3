"""Incoming webhooks over a storage: kept once, looked into once, the newest wins, nothing of it lost."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.ingress.notice import INBOUND, Notice, NoticeState, ProcessNotice, TakeNotice
from core.ingress.scheme import SchemeName
from core.ingress.source import (
    SOURCES_MAX,
    AddSource,
    RemoveSource,
    ReplaceSourceSecret,
    Source,
    SourceNotFound,
    TooManySources,
)
from core.kernel.event import START
from core.kernel.ids import SourceId
from core.kernel.job import LeaseLost
from entrypoints.worker.notices import NoticeRunner
from ports.storage import CommitUnknown
from tests.conformance.office import CONTEXT, Office
from tests.conformance.shop import a_tenant
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, TENANT, an_id

OTHERS = replace(CONTEXT, tenants=(OTHER_TENANT,))


class House:
    """A storage with a door, a worker that looks into notices, and one source."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.office = Office(storage)
        self.runner = NoticeRunner(storage.jobs, self.office.dispatch, self.office.telemetry)
        self.source = SourceId("")

    async def add(self, context: Any = CONTEXT) -> Source:
        source: Source = await self.office.run(
            AddSource(scheme=SchemeName.SHOPIFY, name="tea-shop", secret="hush"), context
        )
        return source

    async def take(self, identity: str, body: bytes, topic: str = "orders/updated") -> bool:
        command = TakeNotice(
            source=self.source, scheme=SchemeName.SHOPIFY, identity=identity, topic=topic, body=body, sent_at=NOW
        )
        fresh: bool = await self.office.run(command)
        return fresh

    async def says(self, order: int, minute: int | None, said: str = "", identity: str | None = None) -> bool:
        """The source says something about an order, as it was at a minute."""
        at = None if minute is None else (NOW + timedelta(minutes=minute)).isoformat()
        body = json.dumps({"id": order, "updated_at": at, "note": said}).encode()
        return await self.take(identity or f"{order}:{minute}:{said}", body)

    async def work(self) -> int:
        taken = 0
        while number := await self.runner.step(CONTEXT):
            taken += number
        return taken

    async def notices(self, state: NoticeState | None = None) -> list[Notice]:
        view = self.storage.ingress
        return list(await view.notices(TENANT, self.source, state=state, before="", limit=500))

    async def events(self) -> list[Any]:
        events = await self.storage.feed.page(TENANT, START, 1000)
        return [event.body for event in events if event.name == "notice.accepted.v1"]


async def a_house(storage: Storage) -> House:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    house = House(storage)
    house.source = (await house.add()).id
    return house


async def test_what_is_said_is_kept_looked_into_and_told_on(storage: Storage) -> None:
    house = await a_house(storage)
    assert await house.says(1, 0, "hello")
    (notice,) = await house.notices()
    assert (notice.state, notice.topic, notice.received_at) == (NoticeState.RECEIVED, "orders/updated", NOW)
    assert notice.body == b""
    kept = await storage.ingress.notice(TENANT, notice.id)
    assert b"hello" in kept.body
    assert await house.work() == 1
    (notice,) = await house.notices()
    assert (notice.state, notice.detail) == (NoticeState.ACCEPTED, "news")
    (event,) = await house.events()
    assert (event.subject, event.changed_at, event.notice_id) == ("orders:1", NOW, notice.id)
    assert await house.work() == 0


async def test_the_same_notice_is_kept_once(storage: Storage) -> None:
    house = await a_house(storage)
    fresh = await asyncio.gather(*(house.says(1, 0, identity="a") for _ in range(5)))
    assert sum(fresh) == 1
    await house.work()
    assert not await house.says(1, 9, "other", identity="a")
    assert await house.work() == 0
    assert len(await house.notices()) == len(await house.events()) == 1


async def test_what_comes_late_is_stale_and_what_is_known_is_repeated(storage: Storage) -> None:
    house = await a_house(storage)
    await house.says(1, 5)
    await house.work()
    await house.says(1, 3)
    await house.says(1, 5, identity="replayed under another id")
    await house.says(2, 1)
    await house.work()
    states = [notice.state for notice in reversed(await house.notices())]
    assert states == [NoticeState.ACCEPTED, NoticeState.STALE, NoticeState.REPEATED, NoticeState.ACCEPTED]
    assert [event.subject for event in await house.events()] == ["orders:1", "orders:2"]
    assert len(await house.notices(NoticeState.STALE)) == 1


async def test_events_of_a_subject_are_one_stream_in_the_order_they_were_accepted(storage: Storage) -> None:
    house = await a_house(storage)
    for minute in range(4):
        await house.says(1, minute)
    await house.work()
    events = [e for e in await storage.feed.page(TENANT, START, 1000) if e.name == "notice.accepted.v1"]
    assert len({event.stream for event in events}) == 1
    assert [event.version for event in events] == [1, 2, 3, 4]


async def test_several_workers_look_into_one_subject_and_the_newest_wins(storage: Storage) -> None:
    house = await a_house(storage)
    for minute in (3, 0, 7, 1, 5, 2, 6, 4):
        await house.says(1, minute)
    await asyncio.gather(*(house.work() for _ in range(4)))
    assert await house.work() == 0
    events = await house.events()
    times = [event.changed_at for event in events]
    assert times == sorted(set(times))
    assert times[-1] == NOW + timedelta(minutes=7)
    assert NoticeState.RECEIVED not in {notice.state for notice in await house.notices()}


async def test_what_cannot_be_read_fails_and_says_why(storage: Storage) -> None:
    house = await a_house(storage)
    await house.take("x", b"webhook_id=142")
    await house.take("y", b'{"id":1,"deep":' + b"[" * 5000 + b"]" * 5000 + b"}")
    await house.says(1, 0)
    assert await house.work() == 3
    deep, malformed = await house.notices(NoticeState.FAILED)
    assert "malformed" in malformed.detail
    assert deep.detail
    assert len(await house.notices(NoticeState.ACCEPTED)) == 1


async def test_what_is_about_nothing_in_particular_is_told_on(storage: Storage) -> None:
    house = await a_house(storage)
    await house.take("x", b"{}", topic="shop/redact")
    await house.work()
    (event,) = await house.events()
    assert (event.subject, event.topic) == (None, "shop/redact")


async def test_who_dies_looking_leaves_it_to_the_next(storage: Storage) -> None:
    house = await a_house(storage)
    await house.says(1, 0)
    (late,) = await storage.jobs.lease(INBOUND, 1, 0.0)
    await house.work()
    with pytest.raises(LeaseLost):
        await house.office.run(ProcessNotice(job=late))
    assert [notice.state for notice in await house.notices()] == [NoticeState.ACCEPTED]
    assert len(await house.events()) == 1


async def test_a_commit_nobody_heard_of_is_not_repeated(storage: Storage) -> None:
    house = await a_house(storage)
    await house.says(1, 0)
    (job,) = await storage.jobs.lease(INBOUND, 1, 60.0)
    storage.next_commit_unknown(done=True)
    with pytest.raises(CommitUnknown):
        await house.office.run(ProcessNotice(job=job))
    await storage.make_due()
    assert await house.work() == 0
    assert len(await house.events()) == 1


async def test_what_a_source_said_before_it_was_removed_stands(storage: Storage) -> None:
    house = await a_house(storage)
    await house.says(1, 0)
    await house.office.run(RemoveSource(id=house.source))
    assert await house.work() == 1
    assert [notice.state for notice in await house.notices()] == [NoticeState.ACCEPTED]
    for command in (RemoveSource(id=house.source), ReplaceSourceSecret(id=house.source, secret="x")):
        with pytest.raises(SourceNotFound):
            await house.office.run(command)


async def test_a_source_is_its_tenants_own(storage: Storage) -> None:
    house = await a_house(storage)
    other = await house.add(OTHERS)
    view = storage.ingress
    assert [one.id for one in await view.sources(TENANT)] == [house.source]
    assert await view.source(TENANT, other.id) is None
    assert (await view.source(OTHER_TENANT, other.id)).secret == "hush"
    await house.says(1, 0)
    (notice,) = await house.notices()
    assert await view.notice(OTHER_TENANT, notice.id) is None
    assert replace(await view.notice(TENANT, notice.id), body=b"") == notice
    assert await view.notice(TENANT, an_id(1)) is None
    assert await view.notices(OTHER_TENANT, house.source, state=None, before="", limit=9) == []


async def test_a_secret_is_replaced(storage: Storage) -> None:
    house = await a_house(storage)
    changed = await house.office.run(ReplaceSourceSecret(id=house.source, secret="new"))
    assert await storage.ingress.source(TENANT, house.source) == changed
    assert (changed.secret, changed.old_secret, changed.version) == ("new", "hush", 2)


async def test_a_tenant_has_so_many_sources_at_most(storage: Storage) -> None:
    house = await a_house(storage)
    for _ in range(SOURCES_MAX - 1):
        await house.add()
    with pytest.raises(TooManySources):
        await house.add()


async def test_notices_are_listed_newest_first_page_by_page(storage: Storage) -> None:
    house = await a_house(storage)
    for minute in range(5):
        await house.says(1, minute)
    found = await house.notices()
    assert [one.id for one in found] == sorted((one.id for one in found), reverse=True)
    page = await storage.ingress.notices(TENANT, house.source, state=None, before=found[1].id, limit=2)
    assert list(page) == found[2:4]
