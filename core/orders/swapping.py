"""Another lot of the same item: as long as nobody has it in his hands, it makes no difference to the order."""

from collections.abc import Mapping
from dataclasses import replace

from core.kernel.ids import ItemId, LotId
from core.orders.cancelling import line_of, units_of
from core.orders.changes import LotSwapped
from core.orders.changing import InvalidChange, SwapLot
from core.orders.dossier import Dossier
from core.orders.fulfilment import OPEN, Fulfilment, FulfilmentLine, NotInThisState

Lots = Mapping[tuple[ItemId, str], LotId]
"""The lots a command may mean, by item and code."""


def tracked(dossier: Dossier, command: SwapLot) -> list[ItemId]:
    """The items of the line that are promised by lot."""
    one = dossier.fulfilment(command.fulfilment)
    return [line.item for line in one.lines if line.line == command.line and line.lot is not None]


def swap(dossier: Dossier, command: SwapLot, lots: Lots) -> LotSwapped:
    """The event. Raises FulfilmentNotFound, LineNotFound, NotInThisState, InvalidChange."""
    one = dossier.fulfilment(command.fulfilment)
    line_of(dossier, command.line)
    if one.state not in OPEN:
        raise NotInThisState(f"a fulfilment order that is {one.state} sends nothing more")
    promised = _promised(one, command, lots)
    given = lots.get((promised.item, command.given))
    if given is None or given == promised.lot:
        raise InvalidChange(f"'{command.given}' is not another lot of it", path="$.lot")
    unpicked = promised.open - promised.picked
    if not unpicked:
        raise NotInThisState("all of it is picked: what is in somebody's hands is not swapped")
    units = replace(units_of(dossier, one, promised, unpicked), picked=0)
    return LotSwapped(order_id=one.order, fulfilment_id=one.id, units=units, lot=given)


def _promised(one: Fulfilment, command: SwapLot, lots: Lots) -> FulfilmentLine:
    for line in one.lines:
        if line.line == command.line and line.lot and lots.get((line.item, command.promised)) == line.lot:
            return line
    raise InvalidChange(f"line {command.line} is not sent from lot '{command.promised}' here", path="$.instead_of")
