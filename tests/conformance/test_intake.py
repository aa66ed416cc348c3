"""Durable once, whatever is sent again."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.intake.submission import ExternalIdReused, IntakeStatus, KeyReused, Lane, Receipt, Submission
from ports.storage import CommitUnknown
from tests.conformance.shop import a_tenant, an_order, ids_of
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context, an_id


def receipt(submission: Submission) -> Receipt:
    return Receipt(id=submission.id, order_id=submission.order_id)


async def waiting(storage: Storage) -> list[str]:
    """What workers would be given, and give back."""
    taken: list[str] = []
    try:
        async with storage.work.claim(range(16), list(Lane), 100, a_context()) as claimed:
            taken += ids_of(claimed.batch)
            raise KeyError
    except KeyError:
        return taken


async def test_each_new_submission_is_kept_with_a_job(storage: Storage) -> None:
    await a_tenant(storage)
    orders = [an_order(201), an_order(202, key=b"k"), an_order(203, external="e")]
    assert await storage.intake_log.append(orders) == [receipt(order) for order in orders]
    assert await waiting(storage) == [order.id for order in orders]
    progress = await storage.intake.progress(TENANT, orders[0].id)
    assert (progress.status, progress.progress, progress.received_at) == (IntakeStatus.PENDING, 0, NOW)


async def test_a_submission_is_nobody_elses(storage: Storage) -> None:
    await a_tenant(storage)
    await storage.intake_log.append([an_order(201)])
    assert await storage.intake.progress(OTHER_TENANT, an_id(201)) is None


@pytest.mark.parametrize("again", [{"key": b"k"}, {"external": "e"}])
async def test_the_same_request_again_gets_the_first_receipt(storage: Storage, again: dict[str, object]) -> None:
    await a_tenant(storage)
    first, second = an_order(201, **again), an_order(202, **again)  # type: ignore[arg-type]
    await storage.intake_log.append([first])
    assert await storage.intake_log.append([second]) == [receipt(first)]
    assert await waiting(storage) == [first.id]


async def test_the_same_request_twice_in_one_call_is_kept_once(storage: Storage) -> None:
    await a_tenant(storage)
    first, second, other = an_order(201, key=b"k"), an_order(202, key=b"k"), an_order(203)
    answers = await storage.intake_log.append([first, second, other])
    assert answers == [receipt(first), receipt(first), receipt(other)]
    assert await waiting(storage) == [first.id, other.id]


@pytest.mark.parametrize(("again", "error"), [({"key": b"k"}, KeyReused), ({"external": "e"}, ExternalIdReused)])
async def test_the_same_key_for_another_body_is_refused(
    storage: Storage, again: dict[str, object], error: type[Exception]
) -> None:
    await a_tenant(storage)
    first, second = an_order(201, **again), an_order(202, quantity=2, **again)  # type: ignore[arg-type]
    await storage.intake_log.append([first])
    (answer, ok) = await storage.intake_log.append([second, an_order(203)])
    assert type(answer) is error
    assert isinstance(ok, Receipt)


async def test_the_same_id_again_is_recognised_even_after_its_work_is_done(storage: Storage) -> None:
    await a_tenant(storage)
    order = an_order(201, key=b"k", external="e")
    await storage.intake_log.append([order])
    async with storage.work.claim(range(16), list(Lane), 100, a_context()):
        pass
    assert await storage.intake_log.append([order]) == [receipt(order)]
    assert await waiting(storage) == []


async def test_keys_of_another_tenant_are_free(storage: Storage) -> None:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    mine, theirs = an_order(201, key=b"k", external="e"), an_order(202, key=b"k", external="e", tenant=OTHER_TENANT)
    assert await storage.intake_log.append([mine, theirs]) == [receipt(mine), receipt(theirs)]


@pytest.mark.parametrize(("age", "kept"), [(timedelta(hours=23, minutes=59), False), (timedelta(hours=24), True)])
async def test_an_idempotency_key_is_remembered_for_24_hours(storage: Storage, age: timedelta, kept: bool) -> None:
    await a_tenant(storage)
    first = an_order(201, key=b"k")
    later = an_order(202, key=b"k", quantity=2, context=a_context(now=NOW + age))
    await storage.intake_log.append([first])
    (answer,) = await storage.intake_log.append([later])
    assert isinstance(answer, Receipt if kept else KeyReused)


async def test_an_external_id_is_remembered_for_ever(storage: Storage) -> None:
    await a_tenant(storage)
    first = an_order(201, external="e")
    later = an_order(202, external="e", context=a_context(now=NOW + timedelta(days=400)))
    await storage.intake_log.append([first])
    assert await storage.intake_log.append([later]) == [receipt(first)]


@pytest.mark.parametrize("done", [True, False])
async def test_after_an_unknown_commit_the_same_submissions_go_in_once(storage: Storage, done: bool) -> None:
    await a_tenant(storage)
    orders = [an_order(201, key=b"k"), an_order(202)]
    storage.next_commit_unknown(done=done)
    with pytest.raises(CommitUnknown):
        await storage.intake_log.append(orders)
    assert await storage.intake_log.append(orders) == [receipt(order) for order in orders]
    assert await waiting(storage) == [order.id for order in orders]


async def test_of_two_at_the_same_time_one_is_kept_and_both_get_its_receipt(storage: Storage) -> None:
    await a_tenant(storage)
    calls = [storage.intake_log.append([an_order(number, key=b"k")]) for number in (201, 202, 203)]
    answers = [answer for (answer,) in await asyncio.gather(*calls)]
    assert len(set(answers)) == 1
    assert await waiting(storage) == [answers[0].id]


async def test_the_key_stands_before_the_external_id(storage: Storage) -> None:
    await a_tenant(storage)
    by_key, by_external = an_order(201, key=b"k"), an_order(202, external="e")
    await storage.intake_log.append([by_key, by_external])
    both = replace(by_key, id=an_order(203).id, external_id="e", body_hash=b"other")
    (answer,) = await storage.intake_log.append([both])
    assert isinstance(answer, KeyReused)


async def test_an_external_id_knows_its_order_however_it_was_sent_before(storage: Storage) -> None:
    await a_tenant(storage)
    alone = an_order(201, external="e")
    await storage.intake_log.append([alone])
    in_a_batch = replace(an_order(202, external="e"), key_hash=b"batch", body_hash=b"of the whole batch")
    assert await storage.intake_log.append([in_a_batch]) == [receipt(alone)]
