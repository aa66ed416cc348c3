"""What becomes of goods that come back: they wait in quality control until somebody has looked at them."""

from dataclasses import replace
from decimal import Decimal

from core.kernel.ids import ItemId, LocationId, LotId
from core.kernel.quantity import to_units
from core.orders.cancelling import line_of
from core.orders.changing import InvalidChange
from core.orders.dossier import Dossier
from core.orders.return_events import InspectedUnits, ReturnInspected, ReturnReceived
from core.orders.returning import InspectReturn, ReceiveReturn
from core.orders.returns import Return, ReturnAct, ReturnedUnits, Verdict, next_return_state


def receive_return(dossier: Dossier, one: Return, command: ReceiveReturn, location: LocationId) -> ReturnReceived:
    """The event of goods that came to ``location``. Raises ReturnNotInThisState, InvalidQuantity, InvalidChange."""
    next_return_state(one, ReturnAct.RECEIVE)
    left = {(line.line, line.item): line.quantity - line.received for line in one.lines}
    come = dict(left)
    if command.lines is not None:
        come = {}
        for place, part in enumerate(command.lines):
            path = f"$.lines[{place}].quantity"
            line = line_of(dossier, part.line)
            units = to_units(part.quantity, line.scale, path=path)
            for item, needed in line.needs(units).items():
                come[line.number, item] = come.get((line.number, item), 0) + needed
                if units <= 0 or come[line.number, item] > left.get((line.number, item), 0):
                    raise InvalidChange("more or less than is expected", path=path)
    back = tuple(
        ReturnedUnits(line=number, item=item, location=location, quantity=quantity, lot=lot)
        for (number, item), total in come.items()
        for lot, quantity in _lots(dossier, number, item, total)
    )
    if not back:
        raise InvalidChange("nothing of it is expected any more", path="$.lines")
    return ReturnReceived(order_id=one.order, return_id=one.id, units=back)


def _lots(dossier: Dossier, line: int, item: ItemId, quantity: int) -> list[tuple[LotId | None, int]]:
    """``quantity`` base units by the lots they were sent of, those that came back before left out."""
    sent: dict[LotId | None, int] = {}
    parcels = [units for one in dossier.fulfilments for parcel in one.shipments for units in parcel.units]
    for units in parcels:
        if (units.line, units.item) == (line, item):
            sent[units.lot] = sent.get(units.lot, 0) + units.quantity
    for back in (back for one in dossier.returns for back in one.receipts):
        if (back.line, back.item) == (line, item):
            sent[back.lot] -= back.quantity
    taken = []
    for lot, left in sent.items():
        some = min(left, quantity)
        if some:
            taken.append((lot, some))
            quantity -= some
    return taken


def inspect_return(dossier: Dossier, one: Return, command: InspectReturn) -> ReturnInspected:
    """The event of somebody having looked. Raises ReturnNotInThisState, InvalidQuantity, InvalidChange."""
    next_return_state(one, ReturnAct.INSPECT)
    waiting = list(one.waiting)
    found: list[InspectedUnits] = []
    for place, finding in enumerate(command.findings):
        line = line_of(dossier, finding.line)
        for verdict in Verdict:
            path = f"$.lines[{place}].{verdict}"
            amount: Decimal = getattr(finding, verdict)
            units = to_units(amount, line.scale, path=path)
            if units < 0:
                raise InvalidChange("a quantity is not negative", path=path)
            for item, needed in line.needs(units).items():
                found += _looked_at(waiting, line.number, item, needed, verdict, path)
    if not found:
        raise InvalidChange("an inspection finds something", path="$.lines")
    return ReturnInspected(order_id=one.order, return_id=one.id, found=tuple(found))


def _looked_at(
    waiting: list[ReturnedUnits], line: int, item: ItemId, needed: int, verdict: Verdict, path: str
) -> list[InspectedUnits]:
    """``needed`` base units taken from those ``waiting``. Raises InvalidChange when there are not so many."""
    found = []
    for place, units in enumerate(waiting):
        some = min(needed, units.quantity) if (units.line, units.item) == (line, item) else 0
        if some:
            waiting[place] = replace(units, quantity=units.quantity - some)
            found.append(InspectedUnits(units=replace(units, quantity=some), verdict=verdict))
            needed -= some
    if needed:
        raise InvalidChange(f"{needed} base units more than wait to be inspected", path=path)
    return found
