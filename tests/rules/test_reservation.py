"""A hold ends once: by whoever releases or commits it in time, or because its time is over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.inventory.balance import Account, BalanceKey, EntryKind
from core.inventory.hold_movements import movements
from core.inventory.holding import (
    CommitReservation,
    ConsumeReservation,
    ExtendReservation,
    Holder,
    ReleaseReservation,
    ReserveStock,
)
from core.inventory.reservation import (
    HOLD_SECONDS_MAX,
    InvalidReservation,
    Reservation,
    ReservationCommitted,
    ReservationConsumed,
    ReservationEnded,
    ReservationExpired,
    ReservationExtended,
    ReservationReleased,
    ReservationState,
    ReservationTaken,
    ReservedPart,
    begun,
    decide,
    evolve,
    over,
    repeated,
    reserve,
)
from core.kernel.ids import ItemId, LocationId, ReservationId
from tests.support.given import NOW, an_id

ID = ReservationId(an_id(1))
KEY = BalanceKey(item=ItemId(an_id(2)), location=LocationId(an_id(101)))
PARTS = (ReservedPart(key=KEY, quantity=3, sku="A", scale=0, location="W1"),)
ASKED = ReserveStock(lines=(), holder=Holder.CART, reference="cart-1", seconds=600)
LAST_MOMENT = NOW + timedelta(seconds=600) - timedelta(microseconds=1)


def a_hold() -> Reservation:
    return begun(reserve(ASKED, ID, PARTS, NOW))


def test_a_hold_begins_with_what_it_holds_and_until_when() -> None:
    hold = a_hold()
    assert (hold.state, hold.parts, hold.reference, hold.version) == (ReservationState.HELD, PARTS, "cart-1", 1)
    assert hold.expires_at == NOW + timedelta(seconds=600)


@pytest.mark.parametrize("seconds", [0, -1, HOLD_SECONDS_MAX + 1])
def test_a_hold_lasts_for_some_time_and_not_for_ever(seconds: int) -> None:
    with pytest.raises(InvalidReservation) as refused:
        reserve(replace(ASKED, seconds=seconds), ID, PARTS, NOW)
    assert refused.value.path == "$.expires_in_seconds"
    with pytest.raises(InvalidReservation):
        decide(a_hold(), ExtendReservation(id=ID, seconds=seconds), NOW)


@pytest.mark.parametrize("seconds", [1, HOLD_SECONDS_MAX])
def test_the_shortest_and_the_longest_hold_are_held(seconds: int) -> None:
    held = reserve(replace(ASKED, seconds=seconds), ID, PARTS, NOW)
    assert held.expires_at == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("command", "state"),
    [
        (ReleaseReservation(id=ID, reason="r"), ReservationState.RELEASED),
        (CommitReservation(id=ID, cause="order:1"), ReservationState.COMMITTED),
    ],
)
def test_a_hold_is_ended_once(command: ReleaseReservation | CommitReservation, state: ReservationState) -> None:
    ended = evolve(a_hold(), decide(a_hold(), command, LAST_MOMENT))
    assert (ended.state, ended.version, ended.parts) == (state, 2, PARTS)
    for again in (command, ReleaseReservation(id=ID, reason="r"), ExtendReservation(id=ID)):
        with pytest.raises(ReservationEnded, match=state):
            decide(ended, again, NOW)


def test_the_end_says_whose_it_is_and_why() -> None:
    assert decide(a_hold(), ReleaseReservation(id=ID, reason="r"), NOW) == ReservationReleased(
        reservation_id=ID, reason="r"
    )
    assert decide(a_hold(), CommitReservation(id=ID, cause="order:1"), NOW) == ReservationCommitted(
        reservation_id=ID, cause="order:1"
    )


def test_asking_again_for_the_same_in_other_parts_is_the_same_hold() -> None:
    hold = begun(reserve(ASKED, ID, (*PARTS, replace(PARTS[0], quantity=2, lot="L")), NOW))
    assert repeated(hold, ASKED, {KEY.item: 5}) == hold
    for demands in ({KEY.item: 3}, {KEY.item: 2}, {}):
        with pytest.raises(ReservationTaken):
            repeated(hold, ASKED, demands)


@pytest.mark.parametrize(
    "command",
    [ExtendReservation(id=ID), ReleaseReservation(id=ID, reason="r"), CommitReservation(id=ID, cause="order:1")],
)
def test_nothing_is_done_to_a_hold_whose_time_is_over(command: ExtendReservation) -> None:
    decide(a_hold(), command, LAST_MOMENT)
    with pytest.raises(ReservationEnded, match="expired"):
        decide(a_hold(), command, a_hold().expires_at)
    assert over(a_hold(), a_hold().expires_at)
    assert not over(a_hold(), LAST_MOMENT)


def test_an_extension_counts_from_now_and_never_shortens() -> None:
    later = NOW + timedelta(seconds=500)
    extended = evolve(a_hold(), decide(a_hold(), ExtendReservation(id=ID), later))
    assert (extended.expires_at, extended.version, extended.state) == (
        later + timedelta(seconds=600),
        2,
        ReservationState.HELD,
    )
    assert decide(a_hold(), ExtendReservation(id=ID, seconds=1), NOW) == ReservationExtended(
        reservation_id=ID, expires_at=a_hold().expires_at
    )


def test_a_hold_moves_stock_from_shelf_to_shelf_and_back_or_on() -> None:
    moves = {
        type(event).__name__: [
            (one.kind, one.source, one.target, one.quantity, one.key) for one in movements(PARTS, event)
        ]
        for event in (
            reserve(ASKED, ID, PARTS, NOW),
            ReservationReleased(reservation_id=ID, reason="r"),
            ReservationExpired(reservation_id=ID),
            ReservationCommitted(reservation_id=ID, cause="order:1"),
            ReservationConsumed(reservation_id=ID),
            ReservationExtended(reservation_id=ID, expires_at=NOW),
        )
    }
    available, reserved, committed = Account.AVAILABLE, Account.RESERVED, Account.COMMITTED
    assert moves == {
        "StockReserved": [(EntryKind.RESERVE, available, reserved, 3, KEY)],
        "ReservationReleased": [(EntryKind.RELEASE, reserved, available, 3, KEY)],
        "ReservationExpired": [(EntryKind.RELEASE, reserved, available, 3, KEY)],
        "ReservationCommitted": [(EntryKind.COMMIT, reserved, committed, 3, KEY)],
        "ReservationConsumed": [
            (EntryKind.PICK, committed, Account.PICKED, 3, KEY),
            (EntryKind.SHIP, Account.PICKED, Account.CUSTOMER, 3, KEY),
        ],
        "ReservationExtended": [],
    }
    expired = evolve(a_hold(), ReservationExpired(reservation_id=ID))
    assert (expired.state, expired.version) == (ReservationState.EXPIRED, 2)


def test_what_was_committed_leaves_once_however_late_and_nothing_else_does() -> None:
    consume = ConsumeReservation(id=ID)
    committed = evolve(a_hold(), ReservationCommitted(reservation_id=ID, cause="order:1"))
    later = NOW + timedelta(days=30)
    assert decide(committed, consume, later) == ReservationConsumed(reservation_id=ID)
    consumed = evolve(committed, ReservationConsumed(reservation_id=ID))
    assert (consumed.state, consumed.version) == (ReservationState.CONSUMED, 3)
    released = evolve(a_hold(), ReservationReleased(reservation_id=ID, reason="r"))
    for one in (a_hold(), consumed, released):
        with pytest.raises(ReservationEnded):
            decide(one, consume, NOW)
    for change in (
        ReleaseReservation(id=ID, reason="r"),
        CommitReservation(id=ID, cause="c"),
        ExtendReservation(id=ID),
    ):
        with pytest.raises(ReservationEnded):
            decide(committed, change, NOW)
