"""A lot: units of one item that came into being together, told apart from others by a code.

Only a lot that is *available* and whose day is not over is promised from; within a location the lot that expires first
goes first. A serial is a lot of one unit, wherever it stands. Days are UTC, judged by the time the act began.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from enum import StrEnum

from core.kernel.errors import Conflict, NotFound, Rejected
from core.kernel.goods import Tracking
from core.kernel.ids import ItemId, LotId
from core.kernel.value import value


class LotNotFound(NotFound):
    """The item has no lot with this code."""

    code = "lot_not_found"


class UnknownLot(Rejected):
    """The act names a lot there is none of."""

    code = "unknown_lot"


class InvalidLot(Rejected):
    """A lot where there can be none, none where there must be one, or one that is not as it is said to be."""

    code = "invalid_lot"


class LotBlocked(Conflict):
    """What is held is of a lot that may not be promised any more: release it."""

    code = "lot_blocked"


class SerialInStock(Conflict):
    """The serial is in stock already: there is one unit of it."""

    code = "serial_in_stock"


class LotStatus(StrEnum):
    """What may be done with a lot: only an AVAILABLE one is promised."""

    AVAILABLE = "available"
    HOLD = "hold"
    QUARANTINE = "quarantine"
    EXPIRED = "expired"


@value
class Lot:
    """``expires_on`` is the last day it may be promised on. ``version`` counts its events."""

    id: LotId
    item: ItemId
    code: str
    expires_on: date | None = None
    status: LotStatus = LotStatus.AVAILABLE
    version: int = 1


@value
class ReclassifyLot:
    """Let the lot ``code`` of the item with this SKU be ``status``, because ``reason``."""

    sku: str
    code: str
    status: LotStatus
    reason: str


@value
class LotCreated:
    """There is such a lot from now on."""

    lot_id: LotId
    item_id: ItemId
    code: str
    expires_on: date | None


@value
class LotReclassified:
    """The lot is ``status`` now; what was promised of it before stays promised."""

    lot_id: LotId
    item_id: ItemId
    before: LotStatus
    status: LotStatus
    reason: str


def reclassify(lot: Lot, command: ReclassifyLot) -> tuple[LotReclassified, ...]:
    """The event that changes its status, or none when it is so already. Raises InvalidLot without a reason."""
    if not command.reason:
        raise InvalidLot("a reason is required", path="$.reason")
    if lot.status is command.status:
        return ()
    return (
        LotReclassified(
            lot_id=lot.id, item_id=lot.item, before=lot.status, status=command.status, reason=command.reason
        ),
    )


def evolve(lot: Lot, event: LotReclassified) -> Lot:
    """The lot after ``event``."""
    return replace(lot, status=event.status, version=lot.version + 1)


def promisable(lot: Lot, today: date) -> bool:
    """Whether anything of it may be promised on ``today``."""
    return lot.status is LotStatus.AVAILABLE and (lot.expires_on is None or today <= lot.expires_on)


def check_promisable(lots: Iterable[Lot], today: date) -> None:
    """Raise LotBlocked when one of ``lots`` may not be promised on ``today``."""
    for lot in lots:
        if not promisable(lot, today):
            what = lot.status if lot.status is not LotStatus.AVAILABLE else f"past its day, {lot.expires_on}"
            raise LotBlocked(f"lot '{lot.code}' is {what}: nothing of it is promised any more")


def first_expired_first(lot: Lot) -> tuple[date, LotId]:
    """The order lots are taken in: by the day they expire, those that never do last, then the older one."""
    return (lot.expires_on or date.max, lot.id)


def check_named(tracking: Tracking, code: str | None, expires_on: date | None = None) -> None:
    """Raise InvalidLot unless ``code`` names a lot exactly where stock is kept by lot, and only a lot has a day."""
    if tracking is Tracking.NONE and code is not None:
        raise InvalidLot("this item is not kept by lot", path="$.lot")
    if tracking is Tracking.NONE and expires_on is not None:
        raise InvalidLot("this item is not kept by lot", path="$.expires_on")
    if tracking is not Tracking.NONE and not code:
        raise InvalidLot(f"this item is kept by {tracking}: name it", path="$.lot")


def check_expiry(lot: Lot, expires_on: date | None) -> None:
    """Raise InvalidLot when goods that arrive say another day than their lot has."""
    if expires_on is not None and lot.expires_on != expires_on:
        known = lot.expires_on.isoformat() if lot.expires_on else "never"
        raise InvalidLot(f"lot '{lot.code}' expires {known}, not {expires_on.isoformat()}", path="$.expires_on")
