"""Transfers and the ledger: what may leave a shelf, what is planned, and what each event moves.

Every unit on its way from one shelf to another passes through the clearing account *transfer* within one group: what
leaves the one is what arrives at the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from core.inventory.acts import KitHoldsNoStock, UnknownLocation, UnknownSku
from core.inventory.balance import Account, BalanceKey, EntryKind, Movement
from core.inventory.location import CreateLocation, Location, LocationKind
from core.inventory.lot import InvalidLot, UnknownLot, check_named
from core.inventory.stock import InsufficientStock
from core.inventory.transfer import Transfer, demanded
from core.inventory.transfer_events import (
    Changed,
    TransferCancelled,
    TransferClosed,
    TransferLine,
    TransferPart,
    TransferReceived,
    TransferShipped,
)
from core.inventory.transferring import InvalidTransfer, StartTransfer, TransferRequest
from core.kernel.goods import Tracking
from core.kernel.ids import NO_LOT, ItemId, LocationId, LotId
from core.kernel.value import value

TRANSIT_CODE = "TRANSIT"


def ends_of(command: StartTransfer, places: Mapping[str, Location]) -> tuple[Location, Location]:
    """Where it goes from and to. Raises UnknownLocation, InvalidTransfer."""
    ends = []
    for code, path in ((command.source, "$.from"), (command.target, "$.to")):
        place = places.get(code)
        if place is None:
            raise UnknownLocation(f"there is no location with the code '{code}'", path=path)
        if place.kind is LocationKind.IN_TRANSIT:
            raise InvalidTransfer(f"'{code}' is where stock under way stands, not an end of its way", path=path)
        ends.append(place)
    source, target = ends
    if source.id == target.id:
        raise InvalidTransfer("a transfer goes from one location to another", path="$.to")
    return source, target


@value
class Goods:
    """What a transfer must know of an item it carries."""

    item: ItemId
    scale: int
    tracking: Tracking = Tracking.NONE
    is_kit: bool = False


def asked_lines(
    command: StartTransfer, goods: Mapping[str, Goods], lots: Mapping[tuple[ItemId, str], LotId]
) -> tuple[TransferLine, ...]:
    """A line for each of the command's; ``goods`` by SKU, ``lots`` those that exist by item and code.

    A lot that is blocked travels as any other: it may have to go somewhere else. Raises InvalidTransfer, UnknownSku,
    KitHoldsNoStock, InvalidLot, UnknownLot, InvalidQuantity, InvalidMovement.
    """
    if not command.lines:
        raise InvalidTransfer("a transfer carries at least one item", path="$.items")
    lines = []
    for index, asked in enumerate(command.lines):
        path = f"$.items[{index}]"
        known = goods.get(asked.sku)
        if known is None:
            raise UnknownSku(f"there is no item with the SKU '{asked.sku}'", path=f"{path}.sku")
        if known.is_kit:
            raise KitHoldsNoStock(f"'{asked.sku}' is a kit: transfer its components", path=f"{path}.sku")
        lot = _lot_of(asked, known, lots, path)
        quantity = demanded(asked, known.scale, f"{path}.quantity")
        line = TransferLine(
            item=known.item, lot=lot, sku=asked.sku, scale=known.scale, quantity=quantity, lot_code=asked.lot
        )
        lines.append(line)
    return tuple(lines)


def _lot_of(asked: TransferRequest, known: Goods, lots: Mapping[tuple[ItemId, str], LotId], path: str) -> LotId:
    try:
        check_named(known.tracking, asked.lot)
    except InvalidLot as error:
        error.path = f"{path}.lot"
        raise
    if asked.lot is None:
        return NO_LOT
    lot = lots.get((known.item, asked.lot))
    if lot is None:
        raise UnknownLot(f"'{asked.sku}' has no lot '{asked.lot}'", path=f"{path}.lot")
    return lot


def added_up(lines: Sequence[TransferLine]) -> tuple[TransferLine, ...]:
    """One line for each item and lot, in the order they were first named."""
    sums: dict[tuple[ItemId, str], TransferLine] = {}
    for line in lines:
        known = sums.get((line.item, line.lot))
        quantity = line.quantity + (known.quantity if known else 0)
        sums[line.item, line.lot] = replace(line, quantity=quantity)
    return tuple(sums.values())


def check_shelf(source: LocationId, lines: Iterable[TransferLine], available: Mapping[BalanceKey, int]) -> None:
    """Raise InsufficientStock, naming the line, unless ``source`` has all of ``lines``: what is owed never travels."""
    left = dict(available)
    for index, line in enumerate(lines):
        key = _at(source, line)
        left[key] -= line.quantity
        if left[key] < 0:
            short = min(line.quantity, -left[key])
            raise InsufficientStock(
                f"{line.sku}: {short} of {line.quantity} base units are not available",
                path=f"$.items[{index}].quantity",
            )


def is_later(command: StartTransfer, now: datetime) -> bool:
    """Whether it is only planned at ``now``."""
    return command.ship_on is not None and command.ship_on > now


def keys_of(transfer: Transfer) -> set[BalanceKey]:
    """Every shelf the transfer may touch: at its source, under way, at its target."""
    places = (transfer.source, transfer.transit, transfer.target)
    return {_at(place, line) for line in transfer.lines for place in places}


def transit_location(number: int) -> CreateLocation:
    """The tenant's own virtual location for what is under way, under the ``number``-th code it may have, from 1."""
    code = TRANSIT_CODE if number == 1 else f"{TRANSIT_CODE}-{number}"
    return CreateLocation(code=code, kind=LocationKind.IN_TRANSIT, sellable=False)


def movements(transfer: Transfer, event: Changed) -> tuple[Movement, ...]:
    """What ``event`` moves in the ledger, all of it one group."""
    match event:
        case TransferShipped():
            pairs = [
                _handed_over(EntryKind.TRANSFER_SHIP, part, transfer.reason, transfer.source, transfer.transit)
                for part in event.parts
            ]
        case TransferReceived():
            pairs = [
                _handed_over(EntryKind.TRANSFER_RECEIVE, part, transfer.reason, transfer.transit, transfer.target)
                for part in event.parts
            ]
        case TransferCancelled():
            pairs = [
                _handed_over(EntryKind.TRANSFER_RECEIVE, part, event.reason, transfer.transit, transfer.source)
                for part in event.parts
            ]
        case TransferClosed():
            pairs = [(_lost(transfer, part, event.reason),) for part in event.parts]
        case _:
            assert_never(event)
    return tuple(movement for pair in pairs for movement in pair)


def _handed_over(
    kind: EntryKind, part: TransferPart, reason: str, giver: LocationId, taker: LocationId
) -> tuple[Movement, ...]:
    shipped = kind is EntryKind.TRANSFER_SHIP
    source, target = (Account.AVAILABLE, Account.IN_TRANSIT) if shipped else (Account.IN_TRANSIT, Account.AVAILABLE)
    return (
        Movement(
            key=_at(giver, part),
            kind=kind,
            source=source,
            target=Account.TRANSFER,
            quantity=part.quantity,
            reason=reason,
        ),
        Movement(
            key=_at(taker, part),
            kind=kind,
            source=Account.TRANSFER,
            target=target,
            quantity=part.quantity,
            reason=reason,
        ),
    )


def _lost(transfer: Transfer, part: TransferPart, reason: str) -> Movement:
    return Movement(
        key=_at(transfer.transit, part),
        kind=EntryKind.ADJUST,
        source=Account.IN_TRANSIT,
        target=Account.ADJUSTMENT,
        quantity=part.quantity,
        reason=reason,
    )


def _at(location: LocationId, what: TransferLine | TransferPart) -> BalanceKey:
    return BalanceKey(item=what.item, location=location, lot=what.lot)
