"""Transfers and deliveries in any order: nothing appears or vanishes on the way, nothing arrives twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from adapters.memory.database import MemoryDatabase
from adapters.memory.invariants import MemoryInvariants
from adapters.memory.journal import MemoryJournalFeed
from adapters.memory.store import Store
from adapters.memory.tables import BALANCES, ENTRIES, EXPECTED, TRANSFERS
from adapters.memory.transaction import MemoryTransactions
from core.catalogue.item import CreateItem, CreateItems
from core.catalogue.use_cases.create_items import create_items
from core.inventory import expected, transfer
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.balance import BUCKETS, Account, Balance
from core.inventory.expected import ReceiptAnnounced
from core.inventory.expecting import AmendExpected, AnnounceReceipt, ReceiveExpected, WithdrawExpected
from core.inventory.holding import Holder, ReservationLine, ReserveStock
from core.inventory.location import CreateLocation, LocationCreated, LocationKind
from core.inventory.transfer import Transfer, has_ended
from core.inventory.transfer_events import TransferPlanned
from core.inventory.transferring import (
    CancelTransfer,
    CloseTransfer,
    ReceiveTransfer,
    ShipTransfer,
    StartTransfer,
    TransferRequest,
)
from core.inventory.use_cases.announce_receipt import announce_receipt
from core.inventory.use_cases.change_expected import amend_expected, receive_expected, withdraw_expected
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.change_transfer import cancel_transfer, close_transfer, receive_transfer, ship_transfer
from core.inventory.use_cases.create_location import create_location
from core.inventory.use_cases.reserve_stock import reserve_stock
from core.inventory.use_cases.start_transfer import start_transfer
from core.kernel.errors import DomainError
from core.kernel.event import START
from tests.support.given import NOW, TENANT, a_context, numbered_ids

SKUS = ("A", "B")
PLACES = ("W1", "W2")
STOCK = 5
"""Of each SKU at each place."""
OUTSIDE = (Account.SUPPLIER, Account.CUSTOMER, Account.ADJUSTMENT, Account.SCRAP)

quantities = st.integers(1, 4).map(Decimal)
requests = st.builds(TransferRequest, sku=st.sampled_from(SKUS), quantity=quantities)
which = st.integers(0, 5)
starts = st.tuples(
    st.just("start"), st.permutations(PLACES), st.lists(requests, min_size=1, max_size=3), st.sampled_from([0, 0, 1])
)
announcements = st.tuples(st.just("announce"), st.sampled_from(SKUS), st.sampled_from(PLACES), quantities)
steps = st.one_of(
    starts,
    st.tuples(st.just("receive"), which, st.none() | st.lists(requests, min_size=1, max_size=2)),
    st.tuples(st.just("receive"), which, st.lists(requests, min_size=1, max_size=1)),
    st.tuples(st.just("ship"), which),
    st.tuples(st.sampled_from(["close", "cancel"]), which),
    announcements,
    st.tuples(st.sampled_from(["deliver", "amend"]), which, st.none() | quantities),
    st.tuples(st.just("withdraw"), which),
    st.tuples(st.just("adjust"), st.sampled_from(SKUS), st.sampled_from(PLACES), st.sampled_from([-2, 3])),
    st.tuples(st.just("hold"), st.sampled_from(SKUS), quantities),
    st.tuples(st.just("wait"), st.just(60)),
)
stories = st.tuples(starts, announcements, st.lists(steps, min_size=1, max_size=14)).map(
    lambda parts: [parts[0], parts[1], *parts[2]]
)
"""Something is always on its way."""


class Nothing(DomainError):
    """The step has nothing to be about."""

    code = "nothing"


class Yard:
    """Two items at two places, over the twin, at a time that is told."""

    def __init__(self) -> None:
        self.now = NOW
        self.database = MemoryDatabase(Store(clock=lambda: self.now))
        self.new_id = numbered_ids()
        self.transactions = MemoryTransactions(self.database, self.new_id)
        self.transfers: list[Any] = []
        self.expected: list[Any] = []

    async def run(self, use_case: Any, command: object, **ports: Any) -> Any:
        context = a_context(now=self.now)
        async with self.transactions.begin(context) as tx:
            return await use_case(command, context, tx, **ports)

    async def do(self, use_case: Any, command: object) -> Any:
        return await self.run(use_case, command, new_id=self.new_id)

    async def open(self) -> None:
        await self.do(create_items, CreateItems(items=tuple(CreateItem(sku=sku, name=sku) for sku in SKUS)))
        for place in PLACES:
            await self.do(create_location, CreateLocation(code=place, kind=LocationKind.WAREHOUSE))
        await self.do(change_stock, ChangeStock(acts=tuple(act(sku, at, STOCK) for sku in SKUS for at in PLACES)))

    async def take(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("start", ends, lines, days):
                ship_on = self.now + timedelta(days=days) if days else None
                command = StartTransfer(source=ends[0], target=ends[1], lines=tuple(lines), reason="r", ship_on=ship_on)
                self.transfers.append((await self.do(start_transfer, command)).id)
            case ("announce", sku, place, quantity):
                told = AnnounceReceipt(sku=sku, location=place, quantity=quantity)
                self.expected.append((await self.do(announce_receipt, told)).id)
            case ("adjust", sku, place, change):
                await self.do(change_stock, ChangeStock(acts=(act(sku, place, change),)))
            case ("hold", sku, quantity):
                line = ReservationLine(sku=sku, quantity=quantity)
                await self.do(reserve_stock, ReserveStock(lines=(line,), holder=Holder.CART, seconds=60))
            case ("wait", seconds):
                self.now += timedelta(seconds=seconds)
            case (kind, number, *rest):
                await self._change(kind, number, rest[0] if rest else None)

    async def _change(self, kind: str, number: int, what: Any) -> None:
        known = self.expected if kind in ("deliver", "amend", "withdraw") else self.transfers
        if not known:
            raise Nothing("nothing is on its way")
        one = known[number % len(known)]
        if kind == "ship":
            await self.do(ship_transfer, ShipTransfer(id=one))
        elif kind == "receive":
            await self.do(receive_transfer, ReceiveTransfer(id=one, lines=what and tuple(what)))
        elif kind == "close":
            await self.do(close_transfer, CloseTransfer(id=one, reason="lost"))
        elif kind == "cancel":
            await self.do(cancel_transfer, CancelTransfer(id=one, reason="off"))
        elif kind == "deliver":
            await self.do(receive_expected, ReceiveExpected(id=one, quantity=what))
        elif kind == "amend":
            await self.run(amend_expected, AmendExpected(id=one, quantity=what))
        else:
            await self.run(withdraw_expected, WithdrawExpected(id=one, reason="r"))

    def balances(self) -> list[Balance]:
        return [row.balance for row in self.database.store.table(BALANCES).values()]

    def ends(self) -> dict[str, object]:
        transfers = self.database.store.table(TRANSFERS).values()
        supplies = self.database.store.table(EXPECTED).values()
        ended: dict[str, object] = {one.id: one for one in transfers if has_ended(one.state)}
        return ended | {one.id: one for one in supplies if one.state != "open"}


def act(sku: str, place: str, change: int) -> StockAct:
    return StockAct(act=Act.ADJUST, sku=sku, location=place, quantity=Decimal(change), reason="r")


def there_is(balances: Sequence[Balance]) -> Counter[str]:
    """Of each item, wherever it stands."""
    found: Counter[str] = Counter()
    for balance in balances:
        found[balance.key.item] += sum(getattr(balance, bucket) for bucket in BUCKETS)
    return found


def came_in(yard: Yard) -> Counter[str]:
    """Of each item, what came from the world outside less what went there."""
    found: Counter[str] = Counter()
    for row in yard.database.store.table(ENTRIES).values():
        moved = row.movement
        found[moved.key.item] += moved.quantity * ((moved.source in OUTSIDE) - (moved.target in OUTSIDE))
    return found


def arrived(yard: Yard) -> dict[tuple[str, str], int]:
    """What each transfer brought to its target, as the ledger has it."""
    found: Counter[tuple[str, str]] = Counter()
    for row in yard.database.store.table(ENTRIES).values():
        if row.movement.source is Account.TRANSFER and row.movement.target is Account.AVAILABLE:
            found[row.cause or "", row.movement.key.location] += row.movement.quantity
    return found


async def replayed(yard: Yard) -> None:
    """Each transfer and each expected receipt is what its events say."""
    known: dict[str, Any] = {}
    for told in await MemoryJournalFeed(yard.database).page(TENANT, START, 10_000):
        body = told.body
        if isinstance(body, TransferPlanned):
            known[told.stream] = transfer.begun(body)
        elif isinstance(body, ReceiptAnnounced):
            known[told.stream] = expected.announced(body)
        elif isinstance(known.get(told.stream), Transfer):
            known[told.stream] = transfer.evolve(known[told.stream], body)  # type: ignore[arg-type]
        elif told.stream in known:
            known[told.stream] = expected.evolve(known[told.stream], body)  # type: ignore[arg-type]
    kept = [*yard.database.store.table(TRANSFERS).values(), *yard.database.store.table(EXPECTED).values()]
    assert known == {one.id: one for one in kept}


async def play(story: Sequence[tuple[Any, ...]]) -> None:
    yard = Yard()
    await yard.open()
    for step in story:
        before, shelves = yard.ends(), yard.balances()
        try:
            await yard.take(step)
            event(f"{step[0]} done")
        except DomainError as refused:
            event(f"{step[0]} {refused.code}")
            assert yard.balances() == shelves
        assert await MemoryInvariants(yard.database).violations() == []
        assert before.items() <= yard.ends().items()
        assert there_is(yard.balances()) == came_in(yard)
        assert all(balance.available >= 0 for balance in yard.balances())
    for one in yard.database.store.table(TRANSFERS).values():
        came = arrived(yard).get((f"transfer:{one.id}", one.target), 0)
        assert came == sum(line.received for line in one.lines) <= sum(line.quantity for line in one.lines)
    await replayed(yard)


@settings(max_examples=3 * settings().max_examples)
@given(story=stories)
def test_whatever_is_shipped_received_closed_and_called_off(story: list[tuple[Any, ...]]) -> None:
    asyncio.run(play(story))


def test_the_way_is_opened_once_and_announced() -> None:

    async def story() -> None:
        yard = Yard()
        await yard.open()
        for _ in range(2):
            await yard.take(("start", PLACES, [TransferRequest(sku="A", quantity=Decimal(1))], 0))
        told = [one.body for one in await MemoryJournalFeed(yard.database).page(TENANT, START, 10_000)]
        ways = [body for body in told if isinstance(body, LocationCreated) and body.kind is LocationKind.IN_TRANSIT]
        assert [(way.code, way.sellable) for way in ways] == [("TRANSIT", False)]

    asyncio.run(story())
