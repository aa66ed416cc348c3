"""What an order's events mean for the ledger."""

from collections.abc import Iterable
from dataclasses import replace

from core.inventory.balance import Account, BalanceKey, EntryKind, Movement
from core.kernel.ids import NO_LOT
from core.orders.changes import (
    FulfilmentCancelled,
    FulfilmentPicked,
    FulfilmentProposed,
    FulfilmentRejected,
    FulfilmentShipped,
    LinesCancelled,
    LotSwapped,
    OrderEvent,
)
from core.orders.fulfilment import Units
from core.orders.return_events import ReturnEvent, ReturnInspected, ReturnReceived
from core.orders.returns import ReturnedUnits, Verdict

VERDICTS = {
    Verdict.SELLABLE: (EntryKind.INSPECT_PASS, Account.AVAILABLE),
    Verdict.DAMAGED: (EntryKind.INSPECT_FAIL, Account.DAMAGED),
    Verdict.SCRAPPED: (EntryKind.SCRAP, Account.SCRAP),
}
"""Where goods go from quality control."""


def movements_of(events: Iterable[OrderEvent | ReturnEvent]) -> tuple[Movement, ...]:
    """The movements ``events`` make, in order."""
    return tuple(movement for event in events for movement in _movements(event))


def _movements(event: OrderEvent | ReturnEvent) -> list[Movement]:
    match event:
        case FulfilmentProposed():
            return [
                _move(units, EntryKind.COMMIT, Account.AVAILABLE, Account.COMMITTED, units.quantity)
                for units in event.units
            ]
        case LinesCancelled() | FulfilmentRejected() | FulfilmentCancelled():
            back = [
                _move(units, EntryKind.UNPICK, Account.PICKED, Account.COMMITTED, units.picked)
                for units in event.units
                if units.picked
            ]
            return back + [
                _move(units, EntryKind.UNCOMMIT, Account.COMMITTED, Account.AVAILABLE, units.quantity)
                for units in event.units
            ]
        case FulfilmentPicked():
            return [
                _move(units, EntryKind.PICK, Account.COMMITTED, Account.PICKED, units.quantity) for units in event.units
            ]
        case FulfilmentShipped():
            return [movement for units in event.units for movement in _leaving(units)]
        case LotSwapped():
            quantity, given = event.units.quantity, replace(event.units, lot=event.lot)
            return [
                _move(event.units, EntryKind.UNCOMMIT, Account.COMMITTED, Account.AVAILABLE, quantity),
                _move(given, EntryKind.COMMIT, Account.AVAILABLE, Account.COMMITTED, quantity),
            ]
        case ReturnReceived():
            kind, source, target = EntryKind.RETURN_RECEIVE, Account.CUSTOMER, Account.QUALITY_CONTROL
            return [_move(units, kind, source, target, units.quantity) for units in event.units]
        case ReturnInspected():
            return [
                _move(found.units, kind, Account.QUALITY_CONTROL, target, found.units.quantity)
                for found in event.found
                for kind, target in (VERDICTS[found.verdict],)
            ]
        case _:
            return []


def _leaving(units: Units) -> list[Movement]:
    """What was not reported as picked is picked by being sent: the ledger says so too."""
    straight = units.quantity - units.picked
    picked = [_move(units, EntryKind.PICK, Account.COMMITTED, Account.PICKED, straight)] if straight else []
    return [*picked, _move(units, EntryKind.SHIP, Account.PICKED, Account.CUSTOMER, units.quantity)]


def _move(units: Units | ReturnedUnits, kind: EntryKind, source: Account, target: Account, quantity: int) -> Movement:
    key = BalanceKey(item=units.item, location=units.location, lot=units.lot or NO_LOT)
    return Movement(key=key, kind=kind, source=source, target=target, quantity=quantity)
