"""Moving stock from one location to another, followed until it has arrived.

    start ──▶ arrive
Whoever gives the order for it need not watch: what has not arrived a while after it was due waits for a person, who
closes the transfer short or waits on. One that somebody calls off leaves nothing behind.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from core.identity.permission import Scope
from core.inventory.transferring import (
    CancelTransfer,
    InvalidTransfer,
    LookForArrival,
    StartTransfer,
    TransferCalledOff,
    TransferNotFound,
    TransferRequest,
    TransferUnderWay,
)
from core.kernel.ids import TransferId
from core.kernel.value import value
from core.sagas.definition import PATIENT_SECONDS, Data, Definition, Step

NAME = "transfer-stock"
REASON = "the transfer was taken back"
UNKNOWN_WAY = timedelta(days=14)
"""How long a transfer may take of which nobody said when it is due."""
GRACE_HOURS_MAX = 24 * 365


@value
class TransferStock:
    """``transfer``, and how long after it was due a person is asked what became of it."""

    transfer: StartTransfer
    grace: timedelta = timedelta(hours=24)


def data_of(command: TransferStock, transfer: TransferId, now: datetime) -> Data:
    """What the saga begins with. Raises InvalidTransfer; whether it can be shipped is the first step's to judge."""
    if not timedelta() <= command.grace <= timedelta(hours=GRACE_HOURS_MAX):
        raise InvalidTransfer(f"a grace is at least nothing and at most {GRACE_HOURS_MAX} h", path="$.grace_hours")
    given = command.transfer
    due = given.due or max(given.ship_on or now, now) + UNKNOWN_WAY
    left = max(due - now, timedelta()) + command.grace
    return {
        "transfer_id": transfer,
        "from": given.source,
        "to": given.target,
        "items": [{"sku": line.sku, "quantity": str(line.quantity), "lot": line.lot} for line in given.lines],
        "reason": given.reason,
        "reference": given.reference,
        "ship_on": _text(given.ship_on),
        "due": _text(given.due),
        "arrive_seconds": max(left.total_seconds(), 1.0),
    }


def _start(data: Data) -> StartTransfer:
    return StartTransfer(
        id=TransferId(data["transfer_id"]),
        source=data["from"],
        target=data["to"],
        lines=tuple(_line(line) for line in data["items"]),
        reason=data["reason"],
        reference=data["reference"],
        ship_on=_moment(data["ship_on"]),
        due=_moment(data["due"]),
    )


def _line(line: Mapping[str, Any]) -> TransferRequest:
    return TransferRequest(sku=line["sku"], quantity=Decimal(line["quantity"]), lot=line["lot"])


def _cancel(data: Data) -> CancelTransfer:
    return CancelTransfer(id=TransferId(data["transfer_id"]), reason=REASON)


def _look(data: Data) -> LookForArrival:
    return LookForArrival(id=TransferId(data["transfer_id"]))


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


V1 = Definition(
    name=NAME,
    version=1,
    scopes=frozenset({Scope.STOCK_READ, Scope.STOCK_WRITE}),
    steps=(
        Step(
            name="start",
            command=_start,
            undo=_cancel,
            nothing_to_undo=frozenset({TransferNotFound.code, TransferCalledOff.code}),
            limit_seconds=PATIENT_SECONDS,
        ),
        Step(
            name="arrive",
            command=_look,
            not_yet=frozenset({TransferUnderWay.code}),
            limit_seconds=lambda data: float(data["arrive_seconds"]),
        ),
    ),
)
