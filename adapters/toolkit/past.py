"""Journal events as happenings of a replay."""

from datetime import datetime

import msgspec

from adapters.toolkit.codec import decode
from core.acceptance.events import ACCEPTED, REJECTED
from core.acceptance.what_if import Decided, Happening, Supplied
from core.inventory.balance import StockMoved
from core.orders.order import OrderFacts, Reason

MOVED = "stock.moved.v1"
REPLAYED = (ACCEPTED, REJECTED, MOVED)
"""The names of the events that are replayed."""


class _Decision(msgspec.Struct):
    facts: OrderFacts
    reasons: tuple[Reason, ...] = ()


class _ShipTo(msgspec.Struct):
    country: str | None = None


class _Request(msgspec.Struct):
    ship_to: _ShipTo | None = None


def to_happening(name: str, payload: bytes, at: datetime) -> Happening:
    """What the event says; where an order ships to is not in it."""
    if name == MOVED:
        return Supplied(movements=decode(StockMoved, payload).movements, at=at)
    decision = decode(_Decision, payload)
    refusals = tuple(reason.code for reason in decision.reasons)
    return Decided(facts=decision.facts, country=None, refusals=refusals, at=at)


def country_in(body: bytes) -> str | None:
    """Where the request in ``body`` ships to."""
    ship_to = decode(_Request, body).ship_to
    return ship_to.country if ship_to else None
