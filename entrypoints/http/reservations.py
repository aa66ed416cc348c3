"""Holds: stock set aside for a cart, an order or a person, for a while."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from core.identity.permission import Scope
from core.inventory.holding import (
    HOLD_SECONDS,
    CommitReservation,
    ConsumeReservation,
    ExtendReservation,
    Holder,
    ReleaseReservation,
    ReservationLine,
    ReserveStock,
)
from core.inventory.reservation import HOLD_SECONDS_MAX, Reservation, ReservationNotFound, ReservationState
from core.kernel.ids import ReservationId
from core.kernel.quantity import to_amount
from entrypoints.http.fields import Body, Code, Positive, Reason, Reference, Shown, Sku, known_id
from entrypoints.http.routes import Call, Reply, Route

PATH = "/reservations"
LINES_MAX = 200
Seconds = Annotated[int, Meta(ge=1, le=HOLD_SECONDS_MAX)]


class NewReservationLine(Body):
    """So much of one item, in `unit` or in its unit of measure."""

    sku: Sku
    quantity: Positive
    unit: Code | None = None


class NewReservation(Body):
    """Hold every item, or nothing. `reference` says whose cart, order or transfer it is."""

    items: Annotated[tuple[NewReservationLine, ...], Meta(min_length=1, max_length=LINES_MAX)]
    holder: Holder = Holder.MANUAL
    reference: Reference | None = None
    expires_in_seconds: Seconds = HOLD_SECONDS


class NewExtension(Body):
    """Hold it for so long from now; left out, for as long as it was first held."""

    expires_in_seconds: Seconds | None = None


class NewRelease(Body):
    """Give the stock back."""

    reason: Reason


class NewCommitment(Body):
    """Promise the stock to what it was held for, such as `order:1001`."""

    reference: Reference


class ShownReservedPart(Shown):
    """A quantity held at one location, in the item's unit of measure; a kit is held as its components."""

    sku: str
    location: str
    lot: str | None
    quantity: Decimal


class ShownReservation(Shown):
    """A hold. It ends once: committed, released or expired."""

    id: str
    state: ReservationState
    holder: Holder
    reference: str | None
    expires_at: datetime
    items: list[ShownReservedPart]


async def reserve(call: Call) -> Reply:
    """Hold stock."""
    body: NewReservation = call.body
    command = ReserveStock(
        lines=tuple(ReservationLine(sku=line.sku, quantity=line.quantity, unit=line.unit) for line in body.items),
        holder=body.holder,
        reference=body.reference,
        seconds=body.expires_in_seconds,
    )
    return await call.run(command, show)


async def extend(call: Call) -> Reply:
    """Hold it for longer."""
    body: NewExtension = call.body
    return await call.run(ExtendReservation(id=_id(call), seconds=body.expires_in_seconds), show)


async def release(call: Call) -> Reply:
    """Give the stock back."""
    body: NewRelease = call.body
    return await call.run(ReleaseReservation(id=_id(call), reason=body.reason), show)


async def commit(call: Call) -> Reply:
    """Promise the stock."""
    body: NewCommitment = call.body
    return await call.run(CommitReservation(id=_id(call), cause=body.reference), show)


async def consume(call: Call) -> Reply:
    """Report that the stock has left."""
    return await call.run(ConsumeReservation(id=_id(call)), show)


async def get_reservation(call: Call) -> Reply:
    """One hold."""
    reservation = await call.parts.views.reservations.reservation(call.tenant, _id(call))
    if reservation is None:
        raise _missing(call)
    return call.reply(show(reservation))


def show(reservation: Reservation) -> ShownReservation:
    """A reservation as a person reads it."""
    return ShownReservation(
        id=reservation.id,
        state=reservation.state,
        holder=reservation.holder,
        reference=reservation.reference,
        expires_at=reservation.expires_at,
        items=[
            ShownReservedPart(
                sku=part.sku, location=part.location, lot=part.lot, quantity=to_amount(part.quantity, part.scale)
            )
            for part in reservation.parts
        ],
    )


def _id(call: Call) -> ReservationId:
    return ReservationId(known_id(call.path["id"], _missing(call)))


def _missing(call: Call) -> ReservationNotFound:
    return ReservationNotFound(f"there is no reservation {call.path['id']}")


ROUTES = (
    Route(
        method="POST", path=PATH, summary="Hold stock for a while", handle=reserve, tag="stock",
        body=NewReservation, answer=ShownReservation, status=201, scope=Scope.STOCK_WRITE, refusals=(409, 422),
    ),
    Route(
        method="GET", path=f"{PATH}/{{id:str}}", summary="One hold", handle=get_reservation, tag="stock",
        answer=ShownReservation, scope=Scope.STOCK_READ, refusals=(404,),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/extend", summary="Hold it for longer", handle=extend, tag="stock",
        body=NewExtension, answer=ShownReservation, scope=Scope.STOCK_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/release", summary="Give held stock back", handle=release, tag="stock",
        body=NewRelease, answer=ShownReservation, scope=Scope.STOCK_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/commit", summary="Promise held stock", handle=commit, tag="stock",
        body=NewCommitment, answer=ShownReservation, scope=Scope.STOCK_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/consume", summary="Report that promised stock has left",
        handle=consume, tag="stock", answer=ShownReservation, scope=Scope.STOCK_WRITE, refusals=(404, 409),
    ),
)  # fmt: skip
