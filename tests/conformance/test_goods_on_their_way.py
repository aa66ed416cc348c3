"""Lots and kits in an order's later life, in transfers and in deliveries: always the same lot, components together."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.inventory.acts import KitHoldsNoStock
from core.inventory.cause import ReturnCause, TransferCause
from core.inventory.expecting import AnnounceReceipt, ReceiveExpected
from core.inventory.lot import InvalidLot, UnknownLot
from core.inventory.stock import InsufficientStock
from core.inventory.transfer import TransferState
from core.inventory.transferring import NotInTransfer, ReceiveTransfer, StartTransfer, TransferRequest
from core.inventory.use_cases.announce_receipt import announce_receipt
from core.inventory.use_cases.change_expected import receive_expected
from core.inventory.use_cases.change_transfer import receive_transfer
from core.inventory.use_cases.start_transfer import start_transfer
from core.kernel.ids import FulfilmentId, OrderId
from core.orders.changing import (
    AcceptFulfilment,
    AllocateOrder,
    AmendLine,
    CancelLine,
    CancelOrder,
    InvalidChange,
    LineNotFound,
    LineQuantity,
    PickFulfilment,
    RejectFulfilment,
    ShipFulfilment,
    SwapLot,
)
from core.orders.dossier import Dossier
from core.orders.fulfilment import NotInThisState
from core.orders.order import Phase
from core.orders.returning import (
    ApproveReturn,
    Finding,
    InspectReturn,
    ReceiveReturn,
    RequestReturn,
    ReturnChange,
    ReturnWish,
)
from tests.conformance.shop import change, change_back
from tests.conformance.storage import Storage
from tests.conformance.test_lots import a_shop, done, ordered, receipt
from tests.conformance.yard import run
from tests.support.given import TENANT, a_context, an_id

ORDER = OrderId(an_id(100_201))
SOON, LATER = date(2026, 4, 1), date(2026, 9, 1)


async def told(storage: Storage, *commands: Any) -> Dossier:
    for command in commands:
        async with storage.transactions.begin(a_context()) as tx:
            use_case = change_back if isinstance(command, RequestReturn | ReturnChange) else change
            dossier: Dossier = await use_case(command, a_context(), tx)
    assert await storage.invariants.violations() == []
    return dossier


async def standing(storage: Storage, place: str = "W1") -> dict[tuple[str, str | None], tuple[int, int, int]]:
    """(available, committed, on hand) by SKU and lot."""
    rows = await storage.inventory.stock(TENANT, sku=None, location=place, after=("", "", ""), limit=99)
    return {
        (row.sku, row.lot): (row.balance.available, row.balance.committed, row.balance.on_hand)
        for row in rows
        if row.balance.on_hand
    }


async def stocked(storage: Storage) -> None:
    """Two lots of tea (three and five) and twenty cups at W1, five teas and ten cups at W2."""
    await a_shop(storage)
    await done(
        storage,
        receipt("TEA", 3, "L1", SOON),
        receipt("TEA", 5, "L2", LATER),
        receipt("CUP", 20),
        receipt("TEA", 5, "L3", SOON, at="W2"),
        receipt("CUP", 10, at="W2"),
    )


async def all_fulfilments(storage: Storage) -> list[Any]:
    return [one.id for one in await storage.dossiers.fulfilments(TENANT, ORDER)]


async def test_a_kit_leaves_with_the_lots_it_was_promised_from(storage: Storage) -> None:
    await stocked(storage)
    await ordered(storage, 201, "SET", 4)
    promised = await standing(storage)
    assert (promised["TEA", "L1"], promised["TEA", "L2"], promised["CUP", None]) == ((0, 3, 3), (4, 1, 5), (12, 8, 20))
    (one,) = await all_fulfilments(storage)
    some = ShipFulfilment(fulfilment=one, lines=(LineQuantity(line=1, quantity=Decimal(1)),))
    kept = await told(storage, AcceptFulfilment(fulfilment=one), some)
    line = kept.order.facts.lines[0]
    assert (line.ordered, line.allocated, line.shipped) == (4, 4, 1)
    assert (await standing(storage))["CUP", None] == (12, 6, 18)
    kept = await told(storage, ShipFulfilment(fulfilment=one))
    assert (kept.order.phase, kept.order.facts.lines[0].shipped) == (Phase.FULFILLED, 4)
    left = await standing(storage)
    assert ("TEA", "L1") not in left
    assert (left["TEA", "L2"], left["CUP", None]) == ((4, 0, 4), (12, 0, 12))


async def test_less_of_a_kit_gives_back_all_its_components(storage: Storage) -> None:
    await stocked(storage)
    before = await standing(storage)
    await ordered(storage, 201, "SET", 4)
    kept = await told(storage, CancelLine(order=ORDER, line=1, quantity=Decimal(3), reason="less"))
    assert kept.order.facts.lines[0].allocated == 1
    assert (await standing(storage))["CUP", None] == (18, 2, 20)
    kept = await told(storage, AmendLine(order=ORDER, line=1, quantity=Decimal(3), reason="more"))
    assert kept.order.facts.lines[0].allocated == 3
    assert (await standing(storage))["CUP", None] == (14, 6, 20)
    await told(storage, CancelOrder(order=ORDER, reason="none"))
    assert await standing(storage) == before


async def test_a_kit_its_location_rejects_comes_from_the_other_whole(storage: Storage) -> None:
    await stocked(storage)
    await ordered(storage, 201, "SET", 4)
    (one,) = await all_fulfilments(storage)
    kept = await told(storage, RejectFulfilment(fulfilment=one, reason="flooded"))
    assert kept.order.facts.lines[0].allocated == 4
    there = await standing(storage, "W2")
    assert (there["TEA", "L3"], there["CUP", None]) == ((1, 4, 5), (2, 8, 10))
    assert (await told(storage, AllocateOrder(order=ORDER))).order == kept.order


async def test_a_returned_kit_goes_back_to_its_lots(storage: Storage) -> None:
    await stocked(storage)
    await ordered(storage, 201, "SET", 2)
    (one,) = await all_fulfilments(storage)
    await told(storage, AcceptFulfilment(fulfilment=one), ShipFulfilment(fulfilment=one))
    wish = ReturnWish(line=1, quantity=Decimal(1), reason="r")
    back = (await told(storage, RequestReturn(order=ORDER, lines=(wish,)))).returns[0].id
    kept = await told(storage, ApproveReturn(one=back), ReceiveReturn(one=back, location="W1"))
    assert kept.order.facts.lines[0].returned == 1
    await told(storage, InspectReturn(one=back, findings=(Finding(line=1, sellable=Decimal(1)),)))
    now = await standing(storage)
    assert (now["TEA", "L1"], now["CUP", None]) == ((2, 0, 2), (18, 0, 18))
    story = await storage.history.explain(TENANT, "CUP", location="W1", at=None, limit=9)
    assert ReturnCause(one=back, order=ORDER, channel="api") in [step.entry.cause for step in story.steps]


async def test_what_comes_back_in_parts_comes_back_to_each_of_its_lots(storage: Storage) -> None:
    await stocked(storage)
    await ordered(storage, 201, "TEA", 4)
    (one,) = await all_fulfilments(storage)
    await told(storage, AcceptFulfilment(fulfilment=one), ShipFulfilment(fulfilment=one))
    wish = ReturnWish(line=1, quantity=Decimal(4), reason="r")
    back = (await told(storage, RequestReturn(order=ORDER, lines=(wish,)))).returns[0].id
    await told(storage, ApproveReturn(one=back))
    for quantity in (3, 1):
        lines = (LineQuantity(line=1, quantity=Decimal(quantity)),)
        await told(storage, ReceiveReturn(one=back, location="W2", lines=lines))
    there = await standing(storage, "W2")
    assert (there["TEA", "L1"][2], there["TEA", "L2"][2]) == (3, 1)


class TestLotSwap:
    async def _tea(self, storage: Storage) -> FulfilmentId:
        """Four teas of L1 and L2, promised from W1."""
        await stocked(storage)
        await ordered(storage, 201, "TEA", 4)
        one: FulfilmentId = (await all_fulfilments(storage))[0]
        await told(storage, AcceptFulfilment(fulfilment=one))
        return one

    async def test_another_lot_is_sent_instead(self, storage: Storage) -> None:
        one = await self._tea(storage)
        await done(storage, receipt("TEA", 9, "L4", LATER))
        kept = await told(storage, SwapLot(fulfilment=one, line=1, promised="L1", given="L4"))
        now = await standing(storage)
        assert (now["TEA", "L1"], now["TEA", "L2"], now["TEA", "L4"]) == ((3, 0, 3), (4, 1, 5), (6, 3, 9))
        assert sum(line.quantity for line in kept.fulfilments[0].lines) == 4
        assert kept.order.facts.lines[0].allocated == 4
        # Into a lot that it is sent from already.
        kept = await told(storage, SwapLot(fulfilment=one, line=1, promised="L4", given="L2"))
        assert [(line.quantity, line.lot is None) for line in kept.fulfilments[0].lines] == [(4, False)]
        await told(storage, ShipFulfilment(fulfilment=one))
        assert (await standing(storage))["TEA", "L2"] == (1, 0, 1)

    async def test_what_is_picked_stays(self, storage: Storage) -> None:
        one = await self._tea(storage)
        some = PickFulfilment(fulfilment=one, lines=(LineQuantity(line=1, quantity=Decimal(2)),))
        await told(storage, some)
        kept = await told(storage, SwapLot(fulfilment=one, line=1, promised="L1", given="L2"))
        assert [(line.quantity, line.picked) for line in kept.fulfilments[0].lines] == [(2, 2), (2, 0)]
        with pytest.raises(NotInThisState):
            await told(storage, SwapLot(fulfilment=one, line=1, promised="L1", given="L2"))

    async def test_only_what_may_be_promised_and_is_there_is_taken_instead(self, storage: Storage) -> None:
        one = await self._tea(storage)
        await done(storage, receipt("TEA", 9, "OLD", date(2026, 1, 1)), receipt("TEA", 1, "FEW", LATER))
        swap = SwapLot(fulfilment=one, line=1, promised="L1", given="OLD")
        for wrong, refused in (
            (swap, InvalidLot),
            (replace(swap, given="FEW"), InsufficientStock),
            (replace(swap, given="NONE"), InvalidChange),
            (replace(swap, given="L1"), InvalidChange),
            (replace(swap, promised="L3", given="L2"), InvalidChange),
            (replace(swap, line=2), LineNotFound),
        ):
            with pytest.raises(refused):
                await told(storage, wrong)
        assert (await standing(storage))["TEA", "L1"] == (0, 3, 3)


class TestTransfers:
    async def test_a_lot_travels_as_itself(self, storage: Storage) -> None:
        await stocked(storage)
        lines = (
            TransferRequest(sku="TEA", quantity=Decimal(2), lot="L1"),
            TransferRequest(sku="CUP", quantity=Decimal(1)),
        )
        start = StartTransfer(source="W1", target="W2", lines=lines, reason="runs low")
        transfer = await run(storage, start_transfer, start)
        assert (await standing(storage))["TEA", "L1"] == (1, 0, 1)
        two = replace(lines[0], lot="L2", quantity=Decimal(1))
        with pytest.raises(NotInTransfer):
            await run(storage, receive_transfer, ReceiveTransfer(id=transfer.id, lines=(two,)))
        arrived = await run(storage, receive_transfer, ReceiveTransfer(id=transfer.id, lines=lines))
        assert arrived.state is TransferState.RECEIVED
        assert (await standing(storage, "W2"))["TEA", "L1"] == (2, 0, 2)
        story = await storage.history.explain(TENANT, "CUP", location="W2", at=None, limit=9)
        assert TransferCause(transfer=transfer.id, source="W1", target="W2") in [
            step.entry.cause for step in story.steps
        ]
        assert await storage.invariants.violations() == []

    @pytest.mark.parametrize(
        ("sku", "lot", "refused", "path"),
        [
            ("TEA", None, InvalidLot, "$.items[0].lot"),
            ("TEA", "L9", UnknownLot, "$.items[0].lot"),
            ("CUP", "L1", InvalidLot, "$.items[0].lot"),
            ("SET", None, KitHoldsNoStock, "$.items[0].sku"),
        ],
    )
    async def test_what_is_kept_by_lot_names_it_and_nothing_else_does(
        self, storage: Storage, sku: str, lot: str | None, refused: type[Exception], path: str
    ) -> None:
        await stocked(storage)
        lines = (TransferRequest(sku=sku, quantity=Decimal(1), lot=lot),)
        with pytest.raises(refused) as refusal:
            await run(storage, start_transfer, StartTransfer(source="W1", target="W2", lines=lines, reason="runs low"))
        assert getattr(refusal.value, "path", None) == path


class TestDeliveries:
    async def test_a_delivery_of_a_lot_names_it(self, storage: Storage) -> None:
        await stocked(storage)
        announce = AnnounceReceipt(sku="TEA", location="W1", quantity=Decimal(4))
        expected = await run(storage, announce_receipt, announce)
        with pytest.raises(InvalidLot):
            await run(storage, receive_expected, ReceiveExpected(id=expected.id))
        new = ReceiveExpected(id=expected.id, quantity=Decimal(4), lot="L7", expires_on=LATER)
        await run(storage, receive_expected, new)
        assert (await standing(storage))["TEA", "L7"] == (4, 0, 4)
        rows = await storage.inventory.entries(TENANT, "TEA", before=None, limit=1)
        assert rows[0].cause == f"expected:{expected.id}"
        assert await storage.invariants.violations() == []

    async def test_no_kit_is_delivered(self, storage: Storage) -> None:
        await stocked(storage)
        with pytest.raises(KitHoldsNoStock):
            await run(storage, announce_receipt, AnnounceReceipt(sku="SET", location="W1", quantity=Decimal(4)))
