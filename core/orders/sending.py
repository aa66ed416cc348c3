"""How a fulfilment order changes as its goods are picked, leave, arrive, or are called back."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime

from core.orders.fulfilment import Fulfilment, FulfilmentLine, FulfilmentState, Shipment, Units


def shrunk(one: Fulfilment, gone: Collection[Units]) -> Fulfilment:
    """With ``gone`` asked of it no longer; it ends when nothing is left."""
    if not gone:
        return one
    one = _each_line(
        one,
        gone,
        lambda line, units: replace(line, quantity=line.quantity - units.quantity, picked=line.picked - units.picked),
    )
    one = replace(one, lines=tuple(line for line in one.lines if line.quantity))
    return one if one.open else replace(one, state=end_of(one))


def swapped(one: Fulfilment, promised: Units, given: Units) -> Fulfilment:
    """With ``given`` asked of it instead of ``promised``: the same of another lot."""
    one = _each_line(one, [promised], lambda line, units: replace(line, quantity=line.quantity - units.quantity))
    if given.key not in {line.key for line in one.lines}:
        new = FulfilmentLine(line=given.line, item=given.item, quantity=0, lot=given.lot)
        one = replace(one, lines=(*one.lines, new))
    one = _each_line(one, [given], lambda line, units: replace(line, quantity=line.quantity + units.quantity))
    return replace(one, lines=tuple(line for line in one.lines if line.quantity))


def end_of(one: Fulfilment) -> FulfilmentState:
    """Where a fulfilment order ends that has nothing left to send."""
    if not one.shipped:
        return FulfilmentState.CANCELLED
    arrived = all(shipment.delivered_at for shipment in one.shipments)
    return FulfilmentState.DELIVERED if arrived else FulfilmentState.SHIPPED


def picked(one: Fulfilment, units: Iterable[Units]) -> Fulfilment:
    """With ``units`` off the shelf."""
    one = _each_line(one, units, lambda line, some: replace(line, picked=line.picked + some.quantity))
    return replace(one, state=FulfilmentState.PICKING)


def sent(one: Fulfilment, parcel: Shipment) -> Fulfilment:
    """With ``parcel`` on its way."""
    one = _each_line(
        replace(one, shipments=(*one.shipments, parcel)),
        parcel.units,
        lambda line, units: replace(line, picked=line.picked - units.picked, shipped=line.shipped + units.quantity),
    )
    return replace(one, state=FulfilmentState.PICKING if one.open else end_of(one))


def arrived(one: Fulfilment, shipments: Collection[int], at: datetime) -> Fulfilment:
    """With these of its shipments delivered."""
    parcels = tuple(
        replace(parcel, delivered_at=at) if parcel.number in shipments else parcel for parcel in one.shipments
    )
    one = replace(one, shipments=parcels)
    return one if one.open else replace(one, state=end_of(one))


def _each_line(
    one: Fulfilment, units: Iterable[Units], change: Callable[[FulfilmentLine, Units], FulfilmentLine]
) -> Fulfilment:
    """The fulfilment order with ``change`` made of each line some of ``units`` are of."""
    lines = {line.key: line for line in one.lines}
    for some in units:
        lines[some.key] = change(lines[some.key], some)
    return replace(one, lines=tuple(lines.values()))
