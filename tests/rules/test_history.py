"""Which snapshot a moment begins from, and chains back from a number."""

import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from core.inventory.balance import Account, EntryKind, Movement
from core.inventory.cause import ChannelCause, OtherCause
from core.inventory.history import (
    BEGINNING,
    Chain,
    ChainEnd,
    MomentInTheFuture,
    PastEntry,
    SnapshotDays,
    cut,
    follow,
    last_settled_day,
    past_moment,
    snapshot_day,
    start_after,
    undone,
    with_causes,
)
from core.inventory.stock import evolve
from core.kernel.ids import GroupId
from tests.support.given import NOW, a_balance, a_key, an_id

DAYS = SnapshotDays(since=date(2026, 2, 10), through=date(2026, 2, 20))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def moved(number: int, source: Account, target: Account, quantity: int, kind: EntryKind = EntryKind.MOVE) -> PastEntry:
    movement = Movement(key=a_key(), kind=kind, source=source, target=target, quantity=quantity)
    return PastEntry(
        group=GroupId(an_id(number)),
        number=1,
        location="W101",
        movement=movement,
        cause=ChannelCause(channel="web"),
        actor="ann",
        recorded_at=NOW,
    )


def test_the_future_is_refused_and_the_past_begins_in_1970() -> None:
    assert past_moment(NOW, NOW) == NOW
    with pytest.raises(MomentInTheFuture) as refused:
        past_moment(NOW + timedelta(microseconds=1), NOW)
    assert (refused.value.code, refused.value.path) == ("moment_in_the_future", "$.at")
    assert past_moment(NOW.astimezone(timezone(timedelta(hours=14))), NOW).tzinfo is UTC
    for early in ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00-14:00", "1970-01-01T00:00:00+00:00"):
        assert past_moment(at(early), NOW) == BEGINNING
    with pytest.raises(MomentInTheFuture):
        past_moment(at("9999-12-31T23:59:59-14:00"), NOW)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-03-02T00:29:59Z", date(2026, 2, 28)),
        ("2026-03-02T00:30:00Z", date(2026, 3, 1)),
        ("2026-03-02T23:59:59Z", date(2026, 3, 1)),
        ("2026-03-02T01:00:00+02:00", date(2026, 2, 28)),
    ],
)
def test_a_day_is_settled_half_an_hour_after_its_end(now: str, day: date) -> None:
    assert last_settled_day(at(now)) == day


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-02-10T23:59:59.999999Z", None),
        ("2026-02-11T00:00:00Z", date(2026, 2, 10)),
        ("2026-02-15T12:00:00Z", date(2026, 2, 14)),
        ("2026-02-15T01:00:00+02:00", date(2026, 2, 13)),
        ("2026-02-21T00:00:00Z", date(2026, 2, 20)),
        ("2026-03-01T00:00:00Z", date(2026, 2, 20)),
    ],
)
def test_a_moment_begins_from_the_last_complete_day_that_was_over(moment: str, day: date | None) -> None:
    assert snapshot_day(DAYS, at(moment)) == day
    assert snapshot_day(None, at(moment)) is None


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_a_day_is_utcs_wherever_the_program_runs(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert last_settled_day(at("2026-03-02T12:00:00Z")) == date(2026, 3, 1)
        assert snapshot_day(DAYS, at("2026-02-15T12:00:00Z")) == date(2026, 2, 14)
        assert snapshot_day(DAYS, at("2026-02-15T00:00:00Z")) == date(2026, 2, 14)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_what_a_snapshot_does_not_know_begins_with_the_next_day() -> None:
    assert start_after(date(2026, 2, 28)) == at("2026-03-01T00:00:00Z")
    assert start_after(None) == BEGINNING


def test_a_movement_undone_leaves_the_balance_before_it() -> None:
    balance = a_balance(available=9)
    movement = moved(1, Account.AVAILABLE, Account.DAMAGED, 4).movement
    assert undone(evolve(balance, movement), movement) == balance


def test_a_chain_says_what_there_was_after_each_entry() -> None:
    first = moved(1, Account.SUPPLIER, Account.AVAILABLE, 10)
    second = moved(2, Account.AVAILABLE, Account.SCRAP, 3)
    chain = follow(Chain(before={a_key(): a_balance(available=7)}), [second, first])
    assert [(step.available, step.on_hand) for step in chain.steps] == [(7, 7), (10, 10)]
    assert chain.before == {a_key(): a_balance(available=0)}
    piecewise = follow(follow(Chain(before={a_key(): a_balance(available=7)}), [second]), [first])
    assert piecewise == chain


def test_a_count_ends_the_chain_of_its_shelf() -> None:
    count = moved(2, Account.ADJUSTMENT, Account.AVAILABLE, 2, EntryKind.COUNT)
    before = moved(1, Account.SUPPLIER, Account.AVAILABLE, 10)
    chain = follow(Chain(before={a_key(): a_balance(available=12)}), [count, before])
    assert [(step.available, step.anchored) for step in chain.steps] == [(12, True)]
    assert cut(chain, 1) == (chain.steps, ChainEnd.COUNT)


def test_a_chain_is_cut_at_its_limit() -> None:
    entries = [moved(number, Account.SUPPLIER, Account.AVAILABLE, 1) for number in (3, 2, 1)]
    chain = follow(Chain(before={a_key(): a_balance(available=3)}), entries)
    assert cut(chain, 2) == (chain.steps[:2], ChainEnd.LIMIT)
    assert cut(chain, 3) == (chain.steps, ChainEnd.BEGINNING)
    assert cut(Chain(before={}), 3) == ((), ChainEnd.BEGINNING)


def test_causes_that_were_looked_up_take_the_place_of_bare_ones() -> None:
    chain = follow(Chain(before={a_key(): a_balance()}), [moved(1, Account.SUPPLIER, Account.AVAILABLE, 1)])
    web, known = ChannelCause(channel="web"), OtherCause(kind="shop", name="Web")
    assert [step.entry.cause for step in with_causes(chain.steps, {web: known})] == [known]
    assert with_causes(chain.steps, {}) == chain.steps
