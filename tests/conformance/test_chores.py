"""Chores: fired once for each moment, whoever else would; done by one worker, whatever happens to it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from core.kernel.context import Context
from core.kernel.job import LeasedJob
from core.scheduling.chore import CHORES, Every, FireChore, job_id
from entrypoints.worker.chores import LEASE_SECONDS, RENEW_SECONDS, Chore, Chores
from entrypoints.worker.loop import NOBODY
from ports.queue import Depth
from tests.conformance.office import Office
from tests.conformance.storage import Storage
from tests.support.given import NOW

HOUR = timedelta(hours=1)
CONTEXT = Context(tenants=(NOBODY,), actor="worker:w", now=NOW, correlation="c-1")
NONE = Depth()


class House:
    """Workers that keep the same house, each with a clock of its own, and what they did."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.office = Office(storage)
        self.done: list[str] = []
        self.fails = False

    def worker(self, name: str = "tidy") -> "Worker":
        async def do() -> int:
            if self.fails:
                raise ZeroDivisionError("nothing to divide by")
            self.done.append(name)
            return 1

        return Worker(self, {name: Chore(rhythm=Every(seconds=3600), do=do)})

    async def depth(self) -> Depth:
        """Of the queue of chores."""
        found: Depth = (await self.storage.queue.depth()).get(CHORES, NONE)
        return found

    def counted(self, name: str) -> int:
        """What telemetry was told of "tidy" under this name."""
        return self.office.telemetry.counts[name, (("chore", "tidy"),)]


class Worker:
    """One process's side of it."""

    def __init__(self, house: House, chores: Mapping[str, Chore]) -> None:
        self.time = NOW
        self._chores = Chores(
            chores,
            house.storage.jobs,
            house.office.dispatch,
            self,  # type: ignore[arg-type]
            house.office.telemetry,
        )

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Between renewals no time passes."""
        assert seconds == RENEW_SECONDS
        await asyncio.sleep(0)

    async def fire(self) -> int:
        return await self._chores.fire(CONTEXT)

    async def do(self) -> int:
        return await self._chores.do(CONTEXT)


async def test_of_two_that_would_one_fires_and_one_does_it(storage: Storage) -> None:
    house = House(storage)
    one, two = house.worker(), house.worker()
    assert [await one.fire(), await two.fire(), await one.fire()] == [1, 0, 0]
    assert [await two.do(), await one.do()] == [1, 0]
    assert house.done == ["tidy"]
    one.time = two.time = NOW + HOUR
    assert [await two.fire(), await one.fire()] == [1, 0]
    assert await one.do() == 1
    assert house.done == ["tidy", "tidy"]


async def test_between_two_moments_nobody_is_asked(storage: Storage) -> None:
    worker = House(storage).worker()
    await worker.fire()
    storage.next_statement_breaks()
    assert await worker.fire() == 0


async def test_two_that_fire_at_the_same_moment_fire_once(storage: Storage) -> None:
    house = House(storage)
    workers = [house.worker() for _ in range(4)]
    assert sum(await asyncio.gather(*(worker.fire() for worker in workers))) == 1
    assert (await house.depth()).ready == 1


async def test_who_was_paused_fires_nothing_that_others_have_fired_since(storage: Storage) -> None:
    house = House(storage)
    paused, other = house.worker(), house.worker()
    for _ in range(3):
        other.time += HOUR
        await other.fire()
        await other.do()
    assert await paused.fire() == 0
    paused.time = other.time
    assert await paused.fire() == 0
    assert len(house.done) == 3


async def test_of_the_moments_nobody_saw_only_the_last_is_made_up_for(storage: Storage) -> None:
    house = House(storage)
    worker = house.worker()
    await worker.fire()
    await worker.do()
    worker.time += 5 * HOUR
    assert [await worker.fire(), await worker.fire()] == [1, 0]
    assert [await worker.do(), await worker.do()] == [1, 0]


async def test_while_it_waits_to_be_done_it_is_there_once(storage: Storage) -> None:
    house = House(storage)
    worker = house.worker()
    for _ in range(3):
        worker.time += HOUR
        assert await worker.fire() == 1
    assert (await house.depth()).ready == 1


async def test_what_fails_is_tried_again_and_never_buried(storage: Storage) -> None:
    house = House(storage)
    worker = house.worker()
    await worker.fire()
    house.fails = True
    for _ in range(3):
        assert await worker.do() == 1
        await storage.make_due()
    assert await worker.do() == 0
    assert await house.depth() == NONE
    assert house.counted("chores_failed_total") == 3
    assert "nothing to divide by" in str(house.office.telemetry.messages[0][2]["error"])
    house.fails = False
    worker.time += HOUR
    await worker.fire()
    await worker.do()
    assert house.done == ["tidy"]
    assert house.counted("chores_done_total") == 1


async def test_what_kills_its_worker_is_left_until_its_next_moment(storage: Storage) -> None:
    house = House(storage)
    worker = house.worker()
    await worker.fire()
    for _ in range(3):
        (job,) = await storage.jobs.lease(CHORES, 1, 0.0)
        assert job.id == job_id(NOBODY, "tidy")
    assert await worker.do() == 1
    assert house.done == []
    assert await house.depth() == NONE
    worker.time += HOUR
    assert [await worker.fire(), await worker.do()] == [1, 1]
    assert house.done == ["tidy"]


async def test_who_is_too_old_to_know_a_chore_lets_it_be(storage: Storage) -> None:
    house = House(storage)
    old, new = house.worker("other"), house.worker()
    await new.fire()
    assert await old.do() == 1
    assert house.done == []
    assert house.counted("chores_failed_total") == 1


async def test_who_took_too_long_does_not_end_what_another_has_begun(storage: Storage) -> None:
    house = House(storage)
    worker, taken = house.worker(), []

    async def slow() -> int:
        await storage.make_due()
        taken.extend(await storage.jobs.lease(CHORES, 1, 60.0))
        return 1

    late = Worker(house, {"tidy": Chore(rhythm=Every(seconds=3600), do=slow)})
    await worker.fire()
    assert await late.do() == 1
    assert (await house.depth()).leased == len(taken) == 1
    assert [message for _, message, _ in house.office.telemetry.messages] == ["lease lost"]


async def test_it_is_held_a_little_longer_again_and_again_while_it_is_done(storage: Storage) -> None:
    house, kept = House(storage), asyncio.Event()
    keep = storage.jobs.keep

    async def keeping(job: LeasedJob, seconds: float) -> bool:
        assert seconds == LEASE_SECONDS
        assert await keep(job, seconds)
        kept.set()
        return True

    async def slow() -> int:
        for _ in range(3):
            kept.clear()
            await kept.wait()
        return 1

    storage.jobs.keep = keeping  # type: ignore[method-assign]
    worker = Worker(house, {"tidy": Chore(rhythm=Every(seconds=3600), do=slow)})
    await worker.fire()
    assert await worker.do() == 1
    assert await house.depth() == NONE
    assert house.office.telemetry.messages == []


async def test_firing_says_what_it_is_for(storage: Storage) -> None:
    house = House(storage)
    assert await house.office.run(FireChore(chore="tidy", due=NOW), CONTEXT) is True
    assert await house.office.run(FireChore(chore="tidy", due=NOW - HOUR), CONTEXT) is False
    (job,) = await storage.jobs.lease(CHORES, 9, 60.0)
    found: Any = (job.tenant, job.payload, job.correlation, job.max_attempts)
    assert found == (NOBODY, b"tidy", "c-1", 3)
