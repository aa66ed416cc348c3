"""A lot: when it may be promised, which goes first, how its status changes."""

from datetime import date, timedelta

import pytest

from core.inventory.lot import (
    InvalidLot,
    Lot,
    LotBlocked,
    LotReclassified,
    LotStatus,
    ReclassifyLot,
    check_expiry,
    check_named,
    check_promisable,
    evolve,
    first_expired_first,
    promisable,
    reclassify,
)
from core.kernel.goods import Tracking
from core.kernel.ids import ItemId, LotId
from tests.support.given import an_id

TODAY = date(2026, 3, 1)


def a_lot(number: int = 1, expires_on: date | None = None, status: LotStatus = LotStatus.AVAILABLE) -> Lot:
    return Lot(id=LotId(an_id(number)), item=ItemId(an_id(9)), code=f"L{number}", expires_on=expires_on, status=status)


@pytest.mark.parametrize(("days", "may"), [(-1, False), (0, True), (1, True)])
def test_a_lot_is_promised_up_to_and_on_its_day(days: int, may: bool) -> None:
    assert promisable(a_lot(expires_on=TODAY + timedelta(days=days)), TODAY) is may


@pytest.mark.parametrize("status", LotStatus)
def test_only_an_available_lot_is_promised(status: LotStatus) -> None:
    assert promisable(a_lot(status=status), TODAY) is (status is LotStatus.AVAILABLE)


@pytest.mark.parametrize(
    ("lot", "words"), [(a_lot(2, status=LotStatus.HOLD), "hold"), (a_lot(2, TODAY - timedelta(days=1)), "2026-02-28")]
)
def test_what_is_held_of_several_lots_may_be_promised_when_all_of_them_may(lot: Lot, words: str) -> None:
    check_promisable([a_lot(), a_lot(3, TODAY)], TODAY)
    with pytest.raises(LotBlocked, match=words):
        check_promisable([a_lot(), lot], TODAY)


def test_the_first_to_expire_goes_first_then_the_older_and_what_never_does_last() -> None:
    never, soon, older, later = a_lot(1), a_lot(4, TODAY), a_lot(2, TODAY), a_lot(3, TODAY + timedelta(days=1))
    assert sorted([never, soon, later, older], key=first_expired_first) == [older, soon, later, never]


def test_a_status_changes_once_for_a_reason() -> None:
    command = ReclassifyLot(sku="TEA", code="L1", status=LotStatus.HOLD, reason="recall")
    (event,) = reclassify(a_lot(), command)
    assert event == LotReclassified(
        lot_id=LotId(an_id(1)),
        item_id=ItemId(an_id(9)),
        before=LotStatus.AVAILABLE,
        status=LotStatus.HOLD,
        reason="recall",
    )
    held = evolve(a_lot(), event)
    assert (held.status, held.version) == (LotStatus.HOLD, 2)
    assert reclassify(held, command) == ()
    with pytest.raises(InvalidLot):
        reclassify(a_lot(), ReclassifyLot(sku="TEA", code="L1", status=LotStatus.HOLD, reason=""))


@pytest.mark.parametrize("tracking", [Tracking.LOT, Tracking.SERIAL])
def test_what_is_kept_by_lot_names_it_and_nothing_else_does(tracking: Tracking) -> None:
    check_named(tracking, "L1", TODAY)
    check_named(Tracking.NONE, None)
    for kept, code, day, path in (
        (tracking, None, None, "$.lot"),
        (Tracking.NONE, "L1", None, "$.lot"),
        (Tracking.NONE, None, TODAY, "$.expires_on"),
    ):
        with pytest.raises(InvalidLot) as refused:
            check_named(kept, code, day)
        assert refused.value.path == path


def test_goods_that_arrive_agree_with_their_lot_or_say_nothing_of_its_day() -> None:
    check_expiry(a_lot(expires_on=TODAY), None)
    check_expiry(a_lot(expires_on=TODAY), TODAY)
    for lot, words in ((a_lot(), "never"), (a_lot(expires_on=TODAY + timedelta(days=1)), "2026-03-02")):
        with pytest.raises(InvalidLot, match=f"expires {words}, not 2026-03-01"):
            check_expiry(lot, TODAY)
