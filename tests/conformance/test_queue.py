# ruff: noqa: PT012 - what raises is a whole transaction
"""Leases, fences, attempts counted before they are made, dead letters and second thoughts."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from core.kernel.job import LeasedJob, LeaseLost, NewJob
from ports.queue import Depth
from ports.storage import CommitUnknown
from tests.conformance.shop import a_job, a_tenant, put
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context, an_id

LONG = 3600.0


async def leased(storage: Storage, *, seconds: float = LONG, queue: str = "q") -> LeasedJob:
    (job,) = await storage.jobs.lease(queue, 10, seconds)
    assert isinstance(job, LeasedJob)
    return job


async def end(storage: Storage, act: str, job: LeasedJob, *arguments: object) -> None:
    async with storage.transactions.begin(a_context(job.tenant)) as tx:
        await getattr(tx.queue, act)(job, *arguments)


async def test_a_job_comes_as_it_was_put_and_belongs_to_one(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    job = await leased(storage)
    assert (job.id, job.tenant, job.payload, job.correlation, job.attempt) == (an_id(71), TENANT, b"work", "c-1", 1)
    assert await storage.jobs.lease("q", 10, LONG) == []
    await end(storage, "finish", job)
    assert await storage.queue.depth([TENANT]) == {"intake": Depth()}


async def test_a_put_that_is_rolled_back_never_was(storage: Storage) -> None:
    await a_tenant(storage)
    with pytest.raises(KeyError):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.queue.put([a_job()])
            raise KeyError
    assert await storage.jobs.lease("q", 10, LONG) == []


async def test_the_same_id_is_added_once_alive_or_dead(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    await put(storage, a_job())
    job = await leased(storage)
    await end(storage, "bury", job, "code", "detail", "trace")
    await put(storage, a_job())
    assert await storage.jobs.lease("q", 10, LONG) == []


async def test_the_attempt_is_counted_before_it_is_made(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    attempts = [(await leased(storage, seconds=0.0)).attempt for _ in range(3)]
    assert attempts == [1, 2, 3]


@pytest.mark.parametrize(
    ("act", "arguments"),
    [("finish", ()), ("retry", (0.0, "x")), ("bury", ("code", "detail", "trace")), ("hold", ())],
)
async def test_who_is_past_the_lease_can_end_nothing(storage: Storage, act: str, arguments: tuple[object, ...]) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    past = await leased(storage, seconds=0.0)
    with pytest.raises(LeaseLost):
        await end(storage, act, past, *arguments)
    now = await leased(storage)
    with pytest.raises(LeaseLost):
        await end(storage, act, past, *arguments)
    await end(storage, act, now, *arguments)


async def test_no_two_leases_of_a_job_share_a_fence_not_even_after_a_replay(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    stale = await leased(storage, seconds=0.0)
    last = await leased(storage)
    await end(storage, "bury", last, "code", "detail", "trace")
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.dead_letters.replay(stale.id)
    again = await leased(storage)
    assert len({stale.fence, last.fence, again.fence}) == 3
    for past in (stale, last):
        with pytest.raises(LeaseLost):
            await end(storage, "finish", past)
    await end(storage, "finish", again)


async def test_no_two_jobs_of_one_id_share_a_fence(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    first = await leased(storage)
    await end(storage, "finish", first)
    await put(storage, a_job(queue="other"))
    await leased(storage, queue="other")
    with pytest.raises(LeaseLost):
        await end(storage, "finish", first)


async def test_what_is_held_is_nobody_elses_until_the_end(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    mine = await leased(storage)

    async def take_away() -> bool:
        async with storage.transactions.begin(a_context()) as tx:
            gone: bool = await tx.queue.withdraw(mine.id)
            return gone

    async with storage.transactions.begin(a_context()) as tx:
        await tx.queue.hold(mine)
        taking = asyncio.create_task(take_away())
        await storage.someone_waits()
        assert not taking.done()
    assert await taking


async def test_what_the_lease_was_lost_for_is_not_written(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    past = await leased(storage, seconds=0.0)
    with pytest.raises(LeaseLost):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.queue.put([a_job(72)])
            await tx.queue.finish(past)
    assert (await storage.queue.depth([TENANT]))["q"].ready + (await storage.queue.depth([TENANT]))["q"].leased == 1


async def test_a_retry_is_due_after_its_delay_and_keeps_its_count(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    await end(storage, "retry", await leased(storage), 0.0, "again")
    second = await leased(storage)
    assert second.attempt == 2
    await end(storage, "retry", second, LONG, "much later")
    assert await storage.jobs.lease("q", 10, LONG) == []
    assert (await storage.queue.depth([TENANT]))["q"].delayed == 1


async def test_failures_are_told_from_what_was_lost(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    await leased(storage, seconds=0.0)
    second = await leased(storage)
    assert (second.attempt, second.failures) == (2, 0)
    await end(storage, "retry", second, 0.0, "again")
    third = await leased(storage)
    assert (third.attempt, third.failures) == (3, 1)
    await end(storage, "bury", third, "code", "detail", "trace")
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.dead_letters.replay(third.id)
    anew = await leased(storage)
    assert (anew.attempt, anew.failures) == (1, 0)
    await end(storage, "retry", anew, None, "parked")
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.dead_letters.replay(third.id)
    once_more = await leased(storage)
    assert (once_more.attempt, once_more.failures) == (1, 0)


async def test_an_attempt_that_is_not_counted_was_none(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    for _ in range(3):
        job = await leased(storage)
        assert job.attempt == 1
        async with storage.transactions.begin(a_context()) as tx:
            await tx.queue.retry(job, 0.0, "the storage was away", counted=False)
    again = await leased(storage)
    assert again.fence > job.fence


async def test_a_parked_job_waits_for_a_person(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job(71, delay=None), a_job(72))
    await end(storage, "retry", await leased(storage), None, "parked")
    assert await storage.jobs.lease("q", 10, LONG) == []
    assert (await storage.queue.depth([TENANT]))["q"] == Depth(parked=2)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.dead_letters.replay(an_id(72))
        assert not await tx.dead_letters.replay(an_id(73))
    job = await leased(storage)
    assert (job.id, job.attempt) == (an_id(72), 1)


async def test_a_dead_letter_keeps_what_it_was_and_why(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    await end(storage, "bury", await leased(storage), "poison", "it cannot be", "trace")
    (letter,) = await storage.queue.dead(TENANT, after="", limit=9)
    assert (letter.id, letter.queue, letter.payload, letter.attempts) == (an_id(71), "q", b"work", 1)
    assert (letter.error_code, letter.error_detail, letter.trace) == ("poison", "it cannot be", "trace")
    assert (letter.failed_at, letter.correlation) == (NOW, "c-1")
    assert await storage.queue.dead(OTHER_TENANT, after="", limit=9) == []
    assert await storage.queue.dead(TENANT, after=an_id(71), limit=9) == []
    assert (await storage.queue.depth())["q"].dead == 1


async def test_a_dead_letter_is_replayed_or_forgiven_once_and_by_its_tenant(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job(71))
    await end(storage, "bury", await leased(storage), "code", "detail", "trace")
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert not await tx.dead_letters.replay(an_id(71))
        assert not await tx.dead_letters.forgive(an_id(71))
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.dead_letters.replay(an_id(71))
        assert not await tx.dead_letters.replay(an_id(71))
    again = await leased(storage)
    assert again.attempt == 1
    await end(storage, "bury", again, "code", "detail", "trace")
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.dead_letters.forgive(an_id(71))
        assert not await tx.dead_letters.forgive(an_id(71))


async def test_two_that_lease_at_once_share_nothing(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, *(a_job(number) for number in range(71, 83)))
    batches = await asyncio.gather(*(storage.jobs.lease("q", 4, LONG) for _ in range(4)))
    ids = [job.id for batch in batches for job in batch]
    assert len(ids) == len(set(ids)) == 12


async def test_a_lease_belongs_to_its_queue(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job(queue="q"), a_job(72, queue="r"))
    assert (await leased(storage, queue="r")).id == an_id(72)


async def test_after_an_unknown_end_the_job_is_gone_or_still_held(storage: Storage) -> None:
    await a_tenant(storage)
    for number, done in ((71, True), (72, False)):
        await put(storage, a_job(number))
        job = await leased(storage)
        storage.next_commit_unknown(done=done)
        with pytest.raises(CommitUnknown):
            await end(storage, "finish", job)
        if done:
            with pytest.raises(LeaseLost):
                await end(storage, "finish", job)
        else:
            await end(storage, "finish", job)


def in_place(number: int, place: int, *, key: str = "k", **given: Any) -> NewJob:
    return replace(a_job(number, **given), key=key, place=place)


async def test_jobs_of_a_key_are_leased_in_the_order_of_their_places_one_at_a_time(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, in_place(71, 2), in_place(72, 1), in_place(73, 3), in_place(74, 9, key="other"), a_job(75))
    order = []
    while jobs := await storage.jobs.lease("q", 10, LONG):
        order.append({job.id for job in jobs})
        for job in jobs:
            await end(storage, "finish", job)
    assert order == [{an_id(72), an_id(74), an_id(75)}, {an_id(71)}, {an_id(73)}]


@pytest.mark.parametrize("act", ["leased", "delayed", "parked", "dead"])
async def test_none_is_leased_behind_one_that_is_not_done(storage: Storage, act: str) -> None:
    await a_tenant(storage)
    await put(storage, in_place(71, 1), in_place(72, 2))
    first = await leased(storage)
    if act == "dead":
        await end(storage, "bury", first, "code", "detail", "trace")
    elif act != "leased":
        await end(storage, "retry", first, LONG if act == "delayed" else None, "later")
    assert await storage.jobs.lease("q", 10, LONG) == []
    keys = {(TENANT, "k"), (TENANT, "free"), (OTHER_TENANT, "k")}
    async with storage.transactions.begin(a_context(TENANT, OTHER_TENANT)) as tx:
        assert set(await tx.queue.held_up("q", keys)) == {(TENANT, "k")}
        assert set(await tx.queue.held_up("r", keys)) == set()


async def test_behind_what_is_forgiven_its_key_goes_on_and_what_is_replayed_comes_first_again(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, in_place(71, 1), in_place(72, 2), in_place(73, 3))
    await end(storage, "bury", await leased(storage), "code", "detail", "trace")
    async with storage.transactions.begin(a_context()) as tx:
        await tx.dead_letters.replay(an_id(71))
    again = await leased(storage)
    assert again.id == an_id(71)
    await end(storage, "bury", again, "code", "detail", "trace")
    async with storage.transactions.begin(a_context()) as tx:
        await tx.dead_letters.forgive(an_id(71))
    assert (await leased(storage)).id == an_id(72)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.queue.held_up("q", {(TENANT, "k")})


async def test_keys_of_two_tenants_do_not_meet(storage: Storage) -> None:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    await put(storage, in_place(71, 1), in_place(72, 2, tenant=OTHER_TENANT))
    assert {job.tenant for job in await storage.jobs.lease("q", 10, LONG)} == {TENANT, OTHER_TENANT}


async def test_a_lease_is_kept_for_longer_or_given_up_sooner(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    first = await leased(storage)
    assert await storage.jobs.keep(first, LONG)
    assert await storage.jobs.lease("q", 10, LONG) == []
    assert await storage.jobs.keep(first, 0.0)
    second = await leased(storage)
    assert second.attempt == 2
    assert not await storage.jobs.keep(first, LONG)
    await end(storage, "finish", second)


async def test_a_lease_that_has_ended_is_not_kept(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    job = await leased(storage, seconds=0.0)
    assert not await storage.jobs.keep(job, LONG)
    again = await leased(storage)
    assert again.attempt == 2
    await end(storage, "retry", again, None, "parked")
    assert not await storage.jobs.keep(again, LONG)
    assert await storage.jobs.lease("q", 10, LONG) == []
