"""What caused an entry, and the sentence that says so."""

from dataclasses import replace

import pytest

from core.inventory.balance import Account, EntryKind, Movement
from core.inventory.cause import (
    Cause,
    ChannelCause,
    OrderCause,
    OtherCause,
    ReservationCause,
    ReturnCause,
    TransferCause,
    cause_of,
)
from core.inventory.history import PastEntry, Step
from core.inventory.holding import Holder
from core.inventory.words import sentence, thing
from core.kernel.ids import GroupId, OrderId, ReservationId, ReturnId, TransferId
from tests.support.given import NOW, a_key, an_id

ORDER = OrderCause(order=OrderId(an_id(1)), channel="shop", external_id="1001")
HOLD = ReservationCause(reservation=ReservationId(an_id(2)), holder=Holder.CHANNEL_ORDER, reference="77")
A, C, R = Account.AVAILABLE, Account.COMMITTED, Account.RESERVED


def said(
    kind: EntryKind,
    source: Account,
    target: Account,
    quantity: int = 3,
    *,
    reason: str | None = None,
    cause: Cause | None = None,
    scale: int = 0,
    on_hand: int = 50,
) -> str:
    movement = Movement(key=a_key(), kind=kind, source=source, target=target, quantity=quantity, reason=reason)
    entry = PastEntry(
        group=GroupId(an_id(3)), number=1, location="W1", movement=movement, cause=cause, actor="ann", recorded_at=NOW
    )
    return sentence(Step(entry=entry, available=1, on_hand=on_hand, anchored=False), scale)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (None, None),
        ("", None),
        (f"order:{an_id(1)}", OrderCause(order=OrderId(an_id(1)))),
        (f"reservation:{an_id(2)}", ReservationCause(reservation=ReservationId(an_id(2)))),
        ("channel:web:eu", ChannelCause(channel="web:eu")),
        ("transfer:T-1", OtherCause(kind="transfer", name="T-1")),
        ("order:1001", OtherCause(kind="order", name="1001")),
        (f"return:{an_id(9)}", ReturnCause(one=ReturnId(an_id(9)))),
        (f"transfer:{an_id(7)}", TransferCause(transfer=TransferId(an_id(7)))),
        ("reservation:", OtherCause(kind="reservation", name="")),
        ("channel:", OtherCause(kind="channel", name="")),
        ("because", OtherCause(kind="", name="because")),
    ],
)
def test_a_cause_is_read_or_left_as_it_is(text: str | None, cause: Cause | None) -> None:
    assert cause_of(text) == cause


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (ORDER, "order 1001 (shop)"),
        (OrderCause(order=OrderId(an_id(1))), f"order {an_id(1)}"),
        (OrderCause(order=OrderId(an_id(1)), channel="shop"), f"order {an_id(1)} (shop)"),
        (HOLD, "channel order 77"),
        (ReservationCause(reservation=ReservationId(an_id(2))), f"reservation {an_id(2)}"),
        (
            ReservationCause(reservation=ReservationId(an_id(2)), holder=Holder.CART),
            f"cart reservation {an_id(2)}",
        ),
        (ChannelCause(channel="web"), "channel web"),
        (ReturnCause(one=ReturnId(an_id(9))), f"return {an_id(9)}"),
        (ReturnCause(one=ReturnId(an_id(9)), order=OrderId(an_id(8))), f"return {an_id(9)} of order {an_id(8)}"),
        (TransferCause(transfer=TransferId(an_id(7))), f"transfer {an_id(7)}"),
        (OtherCause(kind="transfer", name="T-1"), "transfer:T-1"),
        (OtherCause(kind="", name="because"), "because"),
    ],
)
def test_a_cause_is_named_as_far_as_it_is_known(cause: Cause, words: str) -> None:
    assert thing(cause) == words


def test_what_people_do_says_who_and_why() -> None:
    assert said(EntryKind.RECEIVE, Account.SUPPLIER, A, 12, reason="opening stock") == (
        "12 received from a supplier: opening stock, by ann"
    )
    assert said(EntryKind.RECEIVE, Account.SUPPLIER, A, 12) == "12 received from a supplier by ann"
    assert said(EntryKind.ADJUST, Account.ADJUSTMENT, A, reason="found") == "3 added: found, by ann"
    assert said(EntryKind.ADJUST, A, Account.ADJUSTMENT, reason="broken") == "3 taken away: broken, by ann"
    assert said(EntryKind.COUNT, A, Account.ADJUSTMENT, reason="cycle count") == "counted 50 by ann: cycle count"
    assert said(EntryKind.COUNT, A, Account.ADJUSTMENT) == "counted 50 by ann"
    moved = said(EntryKind.MOVE, A, Account.QUALITY_CONTROL, reason="odd")
    assert moved == "3 moved from available to quality control: odd, by ann"
    assert said(EntryKind.DAMAGE, A, Account.DAMAGED) == "3 moved from available to damaged by ann"


def test_what_happens_by_itself_says_for_whom() -> None:
    assert said(EntryKind.COMMIT, A, C, cause=ORDER) == "3 promised to order 1001 (shop)"
    assert said(EntryKind.COMMIT, A, C, cause=ChannelCause(channel="web")) == "3 promised to channel web"
    assert said(EntryKind.COMMIT, R, C, cause=HOLD) == "3 promised from what was held for channel order 77"
    assert said(EntryKind.COMMIT, A, C) == "3 promised to somebody"
    assert said(EntryKind.RESERVE, A, R, cause=HOLD) == "3 held for channel order 77"
    assert said(EntryKind.RELEASE, R, A, cause=HOLD) == "3 given back that was held for channel order 77"
    assert said(EntryKind.RESERVE, A, R) == "3 held for somebody"


def test_what_becomes_of_an_order_is_told() -> None:
    picked, gone = Account.PICKED, Account.CUSTOMER
    assert said(EntryKind.UNCOMMIT, C, A, cause=ORDER) == "3 given back that was promised to order 1001 (shop)"
    assert said(EntryKind.PICK, C, picked, cause=ORDER) == "3 picked for order 1001 (shop)"
    assert said(EntryKind.UNPICK, picked, C, cause=ORDER) == "3 put back that was picked for order 1001 (shop)"
    assert said(EntryKind.SHIP, picked, gone, cause=ORDER) == "3 sent for order 1001 (shop)"
    back = ReturnCause(one=ReturnId(an_id(9)), order=OrderId(an_id(8)), external_id="1001", channel="shop")
    named = f"return {an_id(9)} of order 1001 (shop)"
    checked = Account.QUALITY_CONTROL
    assert said(EntryKind.RETURN_RECEIVE, gone, checked, cause=back) == f"3 came back by {named}"
    assert said(EntryKind.INSPECT_PASS, checked, A, cause=back) == f"3 found sellable of {named} by ann"
    assert said(EntryKind.INSPECT_FAIL, checked, Account.DAMAGED, cause=back) == f"3 found damaged of {named} by ann"
    assert said(EntryKind.SCRAP, checked, Account.SCRAP, cause=back) == f"3 thrown away of {named} by ann"
    assert said(EntryKind.RETURN_RECEIVE, gone, checked) == "3 came back by somebody"


def test_the_way_between_two_shelves_is_told() -> None:
    way = TransferCause(transfer=TransferId(an_id(7)), source="W1", target="W2")
    between, named = Account.TRANSFER, f"transfer {an_id(7)} from W1 to W2"
    assert said(EntryKind.TRANSFER_SHIP, A, between, cause=way) == f"3 left by {named} by ann"
    assert said(EntryKind.TRANSFER_SHIP, between, Account.IN_TRANSIT, cause=way) == f"3 on their way by {named} by ann"
    assert said(EntryKind.TRANSFER_RECEIVE, between, A, cause=way) == f"3 arrived by {named} by ann"
    gone = said(EntryKind.TRANSFER_RECEIVE, Account.IN_TRANSIT, between, cause=replace(way, source=None, target=None))
    assert gone == f"3 no longer on their way by transfer {an_id(7)} by ann"


def test_a_kind_of_cause_without_words_is_shown_as_it_is() -> None:
    moved = said(EntryKind.MOVE, A, Account.IN_TRANSIT, cause=OtherCause(kind="transfer", name="T-1"))
    assert moved == "3 moved from available to in transit because of transfer:T-1 by ann"


def test_quantities_are_in_the_items_unit() -> None:
    assert said(EntryKind.COMMIT, A, C, 1250, cause=ORDER, scale=3) == "1.250 promised to order 1001 (shop)"
    assert said(EntryKind.COUNT, A, Account.ADJUSTMENT, scale=1, on_hand=505) == "counted 50.5 by ann"
