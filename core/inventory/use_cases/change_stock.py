"""Receive, adjust, count and move stock: any number of acts in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.inventory.acts import (
    BEGINNING,
    ChangeStock,
    KitHoldsNoStock,
    StockAct,
    StockChanged,
    UnknownLocation,
    UnknownSku,
    command_of,
    units_of,
)
from core.inventory.balance import BUCKETS, Balance, BalanceKey
from core.inventory.location import Location
from core.inventory.lot import Lot, SerialInStock, UnknownLot, check_expiry, check_named
from core.inventory.stock import decide, evolve
from core.inventory.use_cases.entering import begin_lots, enter
from core.kernel.context import Context
from core.kernel.decider import replay
from core.kernel.errors import DomainError
from core.kernel.goods import Tracking
from core.kernel.ids import NO_LOT, GroupId, LotId, NewId
from ports.inventory import InventoryTransaction, LockedBalance, NewEntries, Stockable
from ports.lots import LotName


async def change_stock(
    command: ChangeStock, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> list[StockChanged | DomainError]:
    """Each act's effect, or the error it was refused with, in order; a refused act changes nothing.

    Errors: UnknownSku, UnknownLocation, UnknownLot, InvalidLot, SerialInStock, KitHoldsNoStock, UnknownUnit,
    InvalidQuantity, InvalidMovement, InsufficientStock. Raises TransactionConflict when somebody else begins one of
    its lots at the same time.
    """
    warehouse, held = await _gather(command.acts, tx, new_id)
    outcomes: list[StockChanged | DomainError] = []
    for act in command.acts:
        try:
            outcomes.append(warehouse.change(act))
        except DomainError as refusal:
            outcomes.append(refusal)
    done = [outcome for outcome in outcomes if isinstance(outcome, StockChanged) and outcome.movements]
    keys = {changed.balance.key for changed in done}
    moved = {key.lot for key in keys}
    begun = [lot for lot in warehouse.new_lots() if lot.id in moved]
    if begun:
        await begin_lots(begun, context, tx)
        held = {**held, **await tx.ledger.lock(keys - set(held))}
    acts = [NewEntries(group=changed.group, movements=changed.movements, cause=command.cause) for changed in done]
    await enter(acts, held, context, tx)
    keys = {outcome.balance.key for outcome in outcomes if isinstance(outcome, StockChanged)}
    incoming = await tx.supply.incoming(keys)
    return [
        replace(outcome, incoming=incoming[outcome.balance.key])
        if isinstance(outcome, StockChanged) and outcome.balance.key in incoming
        else outcome
        for outcome in outcomes
    ]


async def _gather(
    acts: Sequence[StockAct], tx: InventoryTransaction, new_id: NewId
) -> tuple["_Warehouse", Mapping[BalanceKey, LockedBalance]]:
    """What the acts are about, and the balances that exist, held; of a serial all, wherever it stands."""
    stockables = await tx.ledger.stockables({act.sku for act in acts})
    locations = await tx.locations.by_code({act.location for act in acts})
    tracked = {sku for sku, known in stockables.items() if known.tracking is not Tracking.NONE}
    names = {(stockables[act.sku].item, act.lot) for act in acts if act.lot and act.sku in tracked}
    lots = await tx.lots.lock(names) if names else {}
    warehouse = _Warehouse(stockables, locations, lots, new_id)
    keys = {key for act in acts if (key := warehouse.known_key(act)) is not None}
    serials = {lot.id for lot in lots.values() if warehouse.is_serial(lot)}
    if serials:
        keys |= {key for places in (await tx.lots.places(serials)).values() for key in places}
    held = await tx.ledger.lock(keys)
    for locked in held.values():
        warehouse.put(locked.balance)
    return warehouse, held


class _Warehouse:
    """Items, places, lots and balances while the acts of one command are done one after the other."""

    def __init__(
        self,
        stockables: Mapping[str, Stockable],
        locations: Mapping[str, Location],
        lots: Mapping[LotName, Lot],
        new_id: NewId,
    ) -> None:
        self._balances: dict[BalanceKey, Balance] = {}
        self._stockables = stockables
        self._serials = {one.item for one in stockables.values() if one.tracking is Tracking.SERIAL}
        self._standing: dict[LotId, int] = {}
        self._locations = locations
        self._lots = lots
        self._new: dict[LotName, Lot] = {}
        self._new_id = new_id

    def known_key(self, act: StockAct) -> BalanceKey | None:
        """The balance ``act`` is about, None where there is no such thing, or not yet."""
        item, location = self._stockables.get(act.sku), self._locations.get(act.location)
        if item is None or location is None or item.components:
            return None
        if item.tracking is Tracking.NONE:
            return BalanceKey(item=item.item, location=location.id)
        lot = self._lots.get((item.item, act.lot or ""))
        return BalanceKey(item=item.item, location=location.id, lot=lot.id) if lot else None

    def is_serial(self, lot: Lot) -> bool:
        """Whether there is one unit of ``lot`` at most."""
        return lot.item in self._serials

    def put(self, balance: Balance) -> None:
        """The balance is so from here on. Of a serial, what stands where is added up, wherever it is."""
        key = balance.key
        if key.item in self._serials:
            self._standing[key.lot] = self._standing.get(key.lot, 0) + _all(balance) - _all(self._at(key))
        self._balances[key] = balance

    def _at(self, key: BalanceKey) -> Balance:
        return self._balances.get(key) or Balance(key=key)

    def new_lots(self) -> list[Lot]:
        """Lots that acts were about and that nobody knew of."""
        return list(self._new.values())

    def change(self, act: StockAct) -> StockChanged:
        """What ``act`` does; its balance is so from here on. Raises the error it is refused with."""
        item, location = self._stockables.get(act.sku), self._locations.get(act.location)
        if item is None:
            raise UnknownSku(f"there is no item with the SKU '{act.sku}'", path="$.sku")
        if item.components:
            raise KitHoldsNoStock(f"'{act.sku}' is a kit, and a kit holds no stock: its components do", path="$.sku")
        if location is None:
            raise UnknownLocation(f"there is no location with the code '{act.location}'", path="$.location")
        lot = self._lot(act, item)
        key = BalanceKey(item=item.item, location=location.id, lot=lot.id if lot else NO_LOT)
        balance = self._at(key)
        movements = decide(balance, command_of(act, key, item.measure))
        after = replay(evolve, balance, movements)
        if lot and item.tracking is Tracking.SERIAL:
            self._check_alone(lot, balance, after)
        if movements:
            after = replace(after, version=balance.version + 1)
            self.put(after)
        if lot and movements and (lot.item, lot.code) not in self._lots:
            self._new[lot.item, lot.code] = lot
        return StockChanged(
            group=GroupId(self._new_id()),
            act=act,
            scale=item.scale,
            units=units_of(act, item.measure),
            movements=movements,
            balance=after,
        )

    def _lot(self, act: StockAct, item: Stockable) -> Lot | None:
        check_named(item.tracking, act.lot, act.expires_on)
        if act.lot is None:
            return None
        name = (item.item, act.lot)
        known = self._lots.get(name) or self._new.get(name)
        if known is not None:
            check_expiry(known, act.expires_on)
            return known
        if act.act not in BEGINNING:
            raise UnknownLot(f"'{act.sku}' has no lot '{act.lot}'", path="$.lot")
        return Lot(id=LotId(self._new_id()), item=item.item, code=act.lot, expires_on=act.expires_on)

    def _check_alone(self, lot: Lot, before: Balance, after: Balance) -> None:
        """Raise SerialInStock when there would be two units of a serial."""
        elsewhere = self._standing.get(lot.id, 0) - _all(before)
        if _all(after) > _all(before) and elsewhere + _all(after) > 1:
            raise SerialInStock(f"serial '{lot.code}' would be in stock twice: there is one unit of it", path="$.lot")


def _all(balance: Balance) -> int:
    units: int = sum(getattr(balance, bucket) for bucket in BUCKETS)
    return units
