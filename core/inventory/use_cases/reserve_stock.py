"""Hold stock for a while: every line whole, or nothing."""

from collections import Counter
from collections.abc import Mapping

from core.inventory.acts import UnknownSku
from core.inventory.hold_movements import movements
from core.inventory.holding import ReserveStock
from core.inventory.reservation import (
    InvalidReservation,
    Reservation,
    ReservedPart,
    begun,
    repeated,
    reserve,
)
from core.inventory.stock import InsufficientStock, InvalidMovement
from core.inventory.use_cases.entering import end_expired, enter
from core.inventory.use_cases.taking import Taking, hold_shelves, wants
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import GroupId, ItemId, NewId, ReservationId, StreamId, is_id
from ports.inventory import InventoryTransaction, NewEntries, Stockable


async def reserve_stock(
    command: ReserveStock, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> Reservation:
    """The new reservation; a kit is held as its components. What is owed is never held: only what is on a shelf can be.

    Under an id that is taken by the same hold it is that one, as it stands. Raises UnknownSku, UnknownUnit,
    InvalidQuantity, InvalidMovement, InvalidReservation, ReservationTaken, InsufficientStock, each naming its path.
    """
    if not command.lines:
        raise InvalidReservation("a reservation holds at least one item", path="$.items")
    stockables = await tx.ledger.stockables({line.sku for line in command.lines})
    demands = [_demand(index, line.sku, command, stockables) for index, line in enumerate(command.lines)]
    lines = [wants(stockables[line.sku], demand) for line, demand in zip(command.lines, demands, strict=True)]
    wanted = Counter[ItemId]()
    for line in lines:
        wanted.update(dict(line))
    if command.id is not None:
        known = await _known(command.id, tx)
        if known is not None:
            return repeated(known, command, wanted)
    await end_expired(sorted(wanted), context, tx, new_id=new_id)
    taking = Taking(await hold_shelves(stockables.values(), tx), context.now.date(), lines)
    for index, (one, demand) in enumerate(zip(command.lines, demands, strict=True)):
        _take(index, stockables[one.sku], demand, taking)
    parts = _parts(taking)
    event = reserve(command, command.id or ReservationId(new_id()), parts, await tx.reservations.now())
    act = NewEntries(
        group=GroupId(new_id()), movements=movements(parts, event), cause=f"reservation:{event.reservation_id}"
    )
    await enter([act], taking.locked(), context, tx)
    reservation = begun(event)
    await tx.reservations.add(reservation)
    stream = StreamId(reservation.id)
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=stream, version=1, body=event)])
    return reservation


async def _known(chosen: ReservationId, tx: InventoryTransaction) -> Reservation | None:
    if not is_id(chosen):
        raise InvalidReservation(f"'{chosen}' is not an id", path="$.id")
    return await tx.reservations.lock(chosen)


def _demand(index: int, sku: str, command: ReserveStock, stockables: Mapping[str, Stockable]) -> int:
    path = f"$.items[{index}]"
    if sku not in stockables:
        raise UnknownSku(f"there is no item with the SKU '{sku}'", path=f"{path}.sku")
    line = command.lines[index]
    units = stockables[sku].measure.base_units(line.quantity, line.unit, path=path)
    if units <= 0:
        raise InvalidMovement("quantity must be greater than zero", path=f"{path}.quantity")
    return units


def _take(index: int, stockable: Stockable, demand: int, taking: Taking) -> None:
    """Take what line ``index`` wants, after the lines before it."""
    for item, units in wants(stockable, demand):
        allocation = taking.take(item, units, may_owe=False)
        if allocation.short:
            of = f" of {taking.shelves[item].stockable.sku}" if stockable.components else ""
            raise InsufficientStock(
                f"{stockable.sku}: {allocation.short} of {units} base units{of} are not available",
                path=f"$.items[{index}].quantity",
            )


def _parts(taking: Taking) -> tuple[ReservedPart, ...]:
    """What was taken, a part for each balance, items in the order of their ids."""
    return tuple(
        ReservedPart(
            key=key,
            quantity=taking.taken[key],
            sku=found.stockable.sku,
            scale=found.stockable.scale,
            location=place.code,
            lot=found.lots[key.lot].code if key.lot in found.lots else None,
        )
        for found in taking.shelves.values()
        for place, locked in found.places
        if (key := locked.balance.key) in taking.taken
    )
