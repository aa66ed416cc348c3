# ruff: noqa: PT012 - what raises is a whole transaction
"""Claimed by shard, gone only with the transaction that did the work."""

import asyncio
import contextlib

import pytest

from core.acceptance.queues import AcceptOrders
from core.intake.submission import IntakeStatus, Lane
from core.tenants.tenant import shard_of
from ports.storage import CommitUnknown
from tests.conformance.shop import a_shop, a_tenant, accept_all, an_order, ids_of
from tests.conformance.storage import Storage
from tests.support.given import OTHER_TENANT, TENANT, a_context, an_id

ALL = range(16)


class Crash(Exception):
    """Ends a worker's transaction."""


async def claimed_now(
    storage: Storage, shards: object = ALL, lanes: object = tuple(Lane), limit: int = 100
) -> list[str]:
    """What one claim takes, for good."""
    async with storage.work.claim(shards, lanes, limit, a_context()) as claimed:
        return ids_of(claimed.batch)


async def test_a_claim_takes_its_batch_away_and_sees_just_its_tenants(storage: Storage) -> None:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    await storage.intake_log.append([an_order(201), an_order(202, tenant=OTHER_TENANT)])
    async with storage.work.claim(ALL, list(Lane), 10, a_context()) as claimed:
        assert claimed.context.tenants == (TENANT, OTHER_TENANT)
        assert ids_of(claimed.batch) == [an_id(201), an_id(202)]
        assert claimed.batch[0].request.items[0].sku == "SKU-1"
    assert await claimed_now(storage) == []


async def test_only_the_shards_asked_for_are_claimed(storage: Storage) -> None:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    await storage.intake_log.append([an_order(201), an_order(202, tenant=OTHER_TENANT)])
    assert await claimed_now(storage, [shard_of(OTHER_TENANT)]) == [an_id(202)]
    assert await claimed_now(storage, [shard_of(OTHER_TENANT)]) == []


async def test_a_crash_gives_everything_back(storage: Storage) -> None:
    await a_tenant(storage)
    await storage.intake_log.append([an_order(201)])
    with pytest.raises(Crash):
        async with storage.work.claim(ALL, list(Lane), 10, a_context()) as claimed:
            assert ids_of(claimed.batch) == [an_id(201)]
            raise Crash
    assert await claimed_now(storage) == [an_id(201)]


@pytest.mark.parametrize("done", [True, False])
async def test_after_an_unknown_commit_the_batch_is_decided_or_back(storage: Storage, done: bool) -> None:
    await a_tenant(storage)
    await storage.intake_log.append([an_order(201)])
    storage.next_commit_unknown(done=done)
    with pytest.raises(CommitUnknown):
        async with storage.work.claim(ALL, list(Lane), 10, a_context()):
            pass
    assert await claimed_now(storage) == ([] if done else [an_id(201)])


async def test_a_shard_somebody_works_on_is_left_to_them(storage: Storage) -> None:
    await a_tenant(storage)
    await storage.intake_log.append([an_order(201), an_order(202)])
    async with storage.work.claim(ALL, list(Lane), 1, a_context()) as first:
        assert ids_of(first.batch) == [an_id(201)]
        assert await claimed_now(storage) == []
    assert await claimed_now(storage) == [an_id(202)]


async def test_lanes_are_served_in_the_order_asked_for_each_oldest_first(storage: Storage) -> None:
    await a_tenant(storage)
    lanes = {201: Lane.LOW, 202: Lane.NORMAL, 203: Lane.HIGH, 204: Lane.HIGH}
    await storage.intake_log.append([an_order(number, lane=lane) for number, lane in lanes.items()])
    assert await claimed_now(storage, limit=1) == [an_id(203)]
    assert await claimed_now(storage, lanes=[Lane.LOW, Lane.NORMAL], limit=1) == [an_id(201)]
    assert sorted(await claimed_now(storage, limit=2)) == [an_id(202), an_id(204)]


async def test_two_claims_at_once_never_share_a_submission(storage: Storage) -> None:
    await a_tenant(storage)
    await storage.intake_log.append([an_order(number) for number in range(201, 221)])
    taken: list[str] = []
    while len(taken) < 20:
        for batch in await asyncio.gather(*(claimed_now(storage, limit=3) for _ in range(4))):
            taken += batch
    assert sorted(taken) == [an_id(number) for number in range(201, 221)]


async def test_after_a_full_batch_comes_what_waited_behind_it(storage: Storage) -> None:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    numbers = range(201, 231)
    tenants = (TENANT, OTHER_TENANT)
    await storage.intake_log.append(
        [an_order(n, tenant=tenants[n % 2], quantity=n, lane=Lane.HIGH if n < 210 else Lane.NORMAL) for n in numbers]
    )
    taken = []
    # A full batch, one that takes fewer than came next, one that was interrupted, and what is left.
    for limit, crash in ((8, False), (8, False), (3, False), (8, True), (8, False), (8, False)):
        with contextlib.suppress(Crash):
            async with storage.work.claim(ALL, list(Lane), limit, a_context()) as claimed:
                found = [(one.submission.id, one.request.items[0].quantity) for one in claimed.batch]
                if crash:
                    raise Crash
                taken += found
    assert sorted(taken) == [(an_id(n), n) for n in numbers]
    assert await claimed_now(storage) == []


async def test_an_order_and_its_claim_become_durable_together(storage: Storage) -> None:
    await a_shop(storage, stock=3)
    await storage.intake_log.append([an_order(201, quantity=2), an_order(202, quantity=2)])
    async with storage.work.claim(ALL, list(Lane), 10, a_context()) as claimed:
        await accept_all(AcceptOrders(batch=tuple(claimed.batch)), claimed.context, claimed.transaction)
    statuses = [(await storage.intake.progress(TENANT, an_id(number))).status for number in (201, 202)]
    assert statuses == [IntakeStatus.COMPLETED, IntakeStatus.REJECTED]
    assert await storage.invariants.violations() == []


async def test_workers_share_by_name_and_a_silent_one_is_missed(storage: Storage) -> None:
    alone = await storage.workers.join("a")
    assert (alone.index, alone.count) == (0, 1)
    second = await storage.workers.join("b")
    assert (second.index, second.count) == (1, 2)
    await storage.silence("a")
    after = await storage.workers.beat("b")
    assert (after.index, after.count) == (0, 1)


async def test_who_begins_again_without_having_left_has_crashed_until_it_is_well(storage: Storage) -> None:
    assert (await storage.workers.join("a")).crashes == 0
    assert (await storage.workers.join("a")).crashes == 1
    assert (await storage.workers.join("a")).crashes == 2
    assert (await storage.workers.beat("a")).crashes == 2
    assert (await storage.workers.beat("a", well=True)).crashes == 0
    await storage.workers.leave("a")
    assert (await storage.workers.join("a")).crashes == 0


async def test_crashes_are_remembered_while_others_go_on(storage: Storage) -> None:
    await storage.workers.join("a")
    await storage.workers.join("b")
    await storage.silence("a")
    assert (await storage.workers.beat("b")).count == 1
    again = await storage.workers.join("a")
    assert (again.count, again.crashes) == (2, 1)


async def test_a_crash_of_the_day_before_is_forgotten(storage: Storage) -> None:
    await storage.workers.join("a")
    await storage.silence("a", 23 * 3600)
    assert (await storage.workers.join("a")).crashes == 1
    await storage.silence("a", 25 * 3600)
    assert (await storage.workers.join("a")).crashes == 0
