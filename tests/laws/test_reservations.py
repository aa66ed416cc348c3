"""Holds in any order, at any time: what is reserved is what is held, nothing is sold twice, an end is an end."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from adapters.memory.database import MemoryDatabase
from adapters.memory.invariants import MemoryInvariants
from adapters.memory.store import Store
from adapters.memory.tables import BALANCES, LOTS, RESERVATIONS
from adapters.memory.transaction import MemoryTransactions
from core.catalogue.item import CreateItem, CreateItems, WantedComponent
from core.catalogue.use_cases.create_items import create_items
from core.inventory.acts import Act, AllocateStock, ChangeStock, StockAct
from core.inventory.balance import BalanceKey
from core.inventory.holding import (
    CommitReservation,
    ConsumeReservation,
    ExpireReservations,
    ExtendReservation,
    Holder,
    ReleaseReservation,
    ReservationLine,
    ReserveStock,
)
from core.inventory.location import CreateLocation, LocationKind
from core.inventory.lot import LotStatus, ReclassifyLot, promisable
from core.inventory.reservation import ReservationState, over
from core.inventory.use_cases.allocate_stock import allocate_stock
from core.inventory.use_cases.change_reservation import (
    commit_reservation,
    consume_reservation,
    expire_reservations,
    extend_reservation,
    release_reservation,
)
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.create_location import create_location
from core.inventory.use_cases.reclassify_lot import reclassify_lot
from core.inventory.use_cases.reserve_stock import reserve_stock
from core.kernel.errors import DomainError
from core.kernel.goods import Tracking
from tests.support.given import NOW, a_context, numbered_ids

PLAIN = ("A", "B")
SKUS = (*PLAIN, "LOT", "KIT")
PLACES = ("W1", "W2")
STOCK = 5
"""Of each SKU at each place."""

DAYS = {"late": NOW.date() + timedelta(days=9), "soon": NOW.date(), "over": NOW.date() - timedelta(days=1)}
"""Lots, in the order they come, and the last day each may be promised on."""

quantities = st.integers(1, 6)
lines = st.lists(
    st.builds(ReservationLine, sku=st.sampled_from(SKUS), quantity=quantities.map(Decimal)), min_size=1, max_size=3
)
which = st.integers(0, 5)
steps = st.one_of(
    st.tuples(st.just("reclassify"), st.sampled_from(sorted(DAYS)), st.sampled_from(LotStatus)),
    st.tuples(st.just("reserve"), lines.map(tuple), st.sampled_from([1, 60, 600])),
    st.tuples(st.sampled_from(["extend", "release", "commit", "consume"]), which),
    st.tuples(st.just("allocate"), st.sampled_from(SKUS), quantities),
    st.tuples(st.just("wait"), st.sampled_from([1, 59, 60, 600])),
    st.tuples(st.just("sweep")),
)


class Shop:
    """Two items at two places, over the twin, at a time that is told."""

    def __init__(self) -> None:
        self.now = NOW
        self.database = MemoryDatabase(Store(clock=lambda: self.now))
        self.new_id = numbered_ids()
        self.transactions = MemoryTransactions(self.database, self.new_id)
        self.made: list[Any] = []

    async def run(self, use_case: Any, command: object) -> Any:
        async with self.transactions.begin(a_context()) as tx:
            return await use_case(command, a_context(), tx, new_id=self.new_id)

    async def open(self) -> None:
        plain = tuple(CreateItem(sku=sku, name=sku) for sku in PLAIN)
        by_lot = CreateItem(sku="LOT", name="LOT", tracking=Tracking.LOT)
        await self.run(create_items, CreateItems(items=(*plain, by_lot)))
        parts = (WantedComponent(sku="A", quantity=Decimal(2)), WantedComponent(sku="LOT", quantity=Decimal(1)))
        await self.run(create_items, CreateItems(items=(CreateItem(sku="KIT", name="KIT", components=parts),)))
        for place in PLACES:
            await self.run(create_location, CreateLocation(code=place, kind=LocationKind.WAREHOUSE))
        acts = [
            StockAct(act=Act.RECEIVE, sku=sku, location=place, quantity=Decimal(STOCK))
            for sku in PLAIN
            for place in PLACES
        ]
        acts += [
            StockAct(
                act=Act.RECEIVE, sku="LOT", location=place, quantity=Decimal(STOCK), lot=code, expires_on=DAYS[code]
            )
            for place in PLACES
            for code in DAYS
        ]
        await self.run(change_stock, ChangeStock(acts=tuple(acts)))

    async def take(self, step: tuple[Any, ...]) -> None:
        kind = step[0]
        if kind == "wait":
            self.now += timedelta(seconds=step[1])
        elif kind == "sweep":
            await self.run(expire_reservations, ExpireReservations(limit=9))
            assert not [one for one in self.held() if over(one, self.now)]
        elif kind == "reserve":
            command = ReserveStock(lines=step[1], holder=Holder.CART, seconds=step[2])
            self.made.append(await self.run(reserve_stock, command))
        elif kind == "reclassify":
            command = ReclassifyLot(sku="LOT", code=step[1], status=step[2], reason="r")
            async with self.transactions.begin(a_context()) as tx:
                await reclassify_lot(command, a_context(), tx)
        elif kind == "allocate":
            await self.run(allocate_stock, AllocateStock(name=step[1], quantity=Decimal(step[2]), channel="web"))
        elif self.made:
            reservation = self.made[step[1] % len(self.made)].id
            if kind == "extend":
                await self.run(extend_reservation, ExtendReservation(id=reservation))
            elif kind == "release":
                await self.run(release_reservation, ReleaseReservation(id=reservation, reason="r"))
            elif kind == "consume":
                await self.run(consume_reservation, ConsumeReservation(id=reservation))
            else:
                await self.run(commit_reservation, CommitReservation(id=reservation, cause="order:1"))

    def held(self) -> list[Any]:
        kept = self.database.store.table(RESERVATIONS).values()
        return [one for one in kept if one.state is ReservationState.HELD]

    def ends(self) -> dict[str, ReservationState]:
        """How those ended that are not held any more; what was promised may have left."""
        kept = self.database.store.table(RESERVATIONS).values()
        left = {ReservationState.CONSUMED: ReservationState.COMMITTED}
        return {one.id: left.get(one.state, one.state) for one in kept if one.state is not ReservationState.HELD}

    def gone(self) -> dict[BalanceKey, int]:
        """What has left each shelf."""
        sums: dict[BalanceKey, int] = {}
        for one in self.database.store.table(RESERVATIONS).values():
            for part in one.parts if one.state is ReservationState.CONSUMED else ():
                sums[part.key] = sums.get(part.key, 0) + part.quantity
        return sums


def blocked(shop: Shop) -> dict[str, tuple[int, int]]:
    """(reserved, committed) of each lot that may not be promised."""
    lots = shop.database.store.table(LOTS)
    shut = {key[1]: lot.code for key, lot in lots.items() if not promisable(lot, NOW.date())}
    found: dict[str, tuple[int, int]] = {}
    for key, row in shop.database.store.table(BALANCES).items():
        if key[3] in shut:
            reserved, committed = found.get(shut[key[3]], (0, 0))
            found[shut[key[3]]] = (reserved + row.balance.reserved, committed + row.balance.committed)
    return found


async def play(story: Sequence[tuple[Any, ...]]) -> None:
    shop = Shop()
    await shop.open()
    for step in story:
        before, shut = shop.ends(), blocked(shop)
        try:
            await shop.take(step)
            event(f"{step[0]} done")
        except DomainError as refused:
            event(f"{step[0]} {refused.code}")
        assert await MemoryInvariants(shop.database).violations() == []
        assert before.items() <= shop.ends().items()
        for lot, (reserved, committed) in blocked(shop).items():
            # What was promised before a lot was blocked stays so; nothing more is.
            assert lot not in shut or reserved + committed <= sum(shut[lot])
        gone = shop.gone()
        for row in shop.database.store.table(BALANCES).values():
            balance = row.balance
            assert balance.on_hand == STOCK - gone.get(balance.key, 0)
            assert min(balance.available, balance.reserved, balance.committed) >= 0


@given(story=st.lists(steps, max_size=12))
def test_whatever_is_held_extended_released_committed_or_forgotten(story: list[tuple[Any, ...]]) -> None:
    asyncio.run(play(story))


def test_what_is_over_to_the_moment_is_in_nobodys_way() -> None:

    async def story() -> None:
        shop = Shop()
        await shop.open()
        all_of_it = ReserveStock(
            lines=(ReservationLine(sku="A", quantity=Decimal(2 * STOCK)),), holder=Holder.CART, seconds=60
        )
        await shop.run(reserve_stock, all_of_it)
        shop.now += timedelta(seconds=60)
        await shop.run(reserve_stock, all_of_it)
        assert sorted(shop.ends().values()) == [ReservationState.EXPIRED]

    asyncio.run(story())
