"""Hold stock for a while: every line whole, or nothing."""

from collections import Counter
from collections.abc import Mapping

from core.inventory.acts import UnknownSku
from core.inventory.allocation import Allocation, Candidate, allocate
from core.inventory.balance import BalanceKey
from core.inventory.holding import ReserveStock
from core.inventory.reservation import (
    InvalidReservation,
    Reservation,
    ReservedPart,
    begun,
    movements,
    repeated,
    reserve,
)
from core.inventory.stock import InsufficientStock, InvalidMovement
from core.inventory.use_cases.entering import end_expired, enter
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import GroupId, LocationId, NewId, ReservationId, StreamId, is_id
from core.kernel.quantity import to_units
from ports.inventory import InventoryTransaction, NewEntries, Shelves, Stockable


async def reserve_stock(
    command: ReserveStock, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> Reservation:
    """The new reservation. What is owed is never held: only stock that is on a shelf can be.

    Under an id that is taken by the same hold it is that one, as it stands. Raises UnknownSku, InvalidQuantity,
    InvalidMovement, InvalidReservation, ReservationTaken, InsufficientStock, each naming its path.
    """
    if not command.lines:
        raise InvalidReservation("a reservation holds at least one item", path="$.items")
    stockables = await tx.ledger.stockables({line.sku for line in command.lines})
    demands = [_demand(index, line.sku, command, stockables) for index, line in enumerate(command.lines)]
    if command.id is not None:
        known = await _known(command.id, tx)
        if known is not None:
            return repeated(known, command, _by_sku(command, demands))
    await end_expired([stockable.item for stockable in stockables.values()], context, tx, new_id=new_id)
    shelves: dict[str, Shelves] = {}
    for stockable in sorted(stockables.values(), key=lambda one: one.item):
        found = await tx.ledger.shelves(stockable.sku)
        assert found is not None, "an item is never deleted"
        shelves[stockable.sku] = found
    parts = _parts(command, demands, shelves)
    event = reserve(command, command.id or ReservationId(new_id()), parts, await tx.reservations.now())
    act = NewEntries(
        group=GroupId(new_id()), movements=movements(parts, event), cause=f"reservation:{event.reservation_id}"
    )
    locked = {locked.balance.key: locked for found in shelves.values() for _, locked in found.places}
    await enter([act], locked, context, tx)
    reservation = begun(event)
    await tx.reservations.add(reservation)
    stream = StreamId(reservation.id)
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=stream, version=1, body=event)])
    return reservation


async def _known(chosen: ReservationId, tx: InventoryTransaction) -> Reservation | None:
    if not is_id(chosen):
        raise InvalidReservation(f"'{chosen}' is not an id", path="$.id")
    return await tx.reservations.lock(chosen)


def _by_sku(command: ReserveStock, demands: list[int]) -> Mapping[str, int]:
    asked: Counter[str] = Counter()
    for line, demand in zip(command.lines, demands, strict=True):
        asked[line.sku] += demand
    return asked


def _demand(index: int, sku: str, command: ReserveStock, stockables: Mapping[str, Stockable]) -> int:
    if sku not in stockables:
        raise UnknownSku(f"there is no item with the SKU '{sku}'", path=f"$.items[{index}].sku")
    path = f"$.items[{index}].quantity"
    units = to_units(command.lines[index].quantity, stockables[sku].scale, path=path)
    if units <= 0:
        raise InvalidMovement("quantity must be greater than zero", path=path)
    return units


def _parts(command: ReserveStock, demands: list[int], shelves: Mapping[str, Shelves]) -> tuple[ReservedPart, ...]:
    """What each line takes, each after the lines before it."""
    taken: dict[BalanceKey, int] = {}
    for index, (line, demand) in enumerate(zip(command.lines, demands, strict=True)):
        found = shelves[line.sku]
        allocation = _allocated(demand, found, taken)
        if allocation.short:
            raise InsufficientStock(
                f"{line.sku}: {allocation.short} of {demand} base units are not available",
                path=f"$.items[{index}].quantity",
            )
        for part in allocation.parts:
            key = BalanceKey(item=found.stockable.item, location=part.location)
            taken[key] = taken.get(key, 0) + part.quantity
    return tuple(
        ReservedPart(
            key=BalanceKey(item=found.stockable.item, location=place.id),
            quantity=quantity,
            sku=found.stockable.sku,
            scale=found.stockable.scale,
            location=place.code,
        )
        for found in shelves.values()
        for place, _ in found.places
        if (quantity := taken.get(BalanceKey(item=found.stockable.item, location=place.id), 0))
    )


def _allocated(demand: int, found: Shelves, taken: Mapping[BalanceKey, int]) -> Allocation:
    def left(location: LocationId, available: int) -> int:
        return available - taken.get(BalanceKey(item=found.stockable.item, location=location), 0)

    candidates = [
        Candidate(location=place, available=left(place.id, locked.balance.available)) for place, locked in found.places
    ]
    return allocate(demand, candidates, found.policy)
