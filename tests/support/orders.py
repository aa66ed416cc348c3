"""An accepted order in a line, and what is done with it."""

from decimal import Decimal

from core.kernel.decider import replay
from core.kernel.ids import FulfilmentId, ItemId, LocationId
from core.orders.changes import OrderEvent
from core.orders.changing import FulfilmentChange, LineQuantity, OrderChange
from core.orders.dossier import Dossier, evolve
from core.orders.fulfilment import proposed
from core.orders.lifecycle import decide
from core.orders.order import AllocatedPart, Order, OrderLine
from tests.support.given import NOW, an_id, order_facts


def a_part(quantity: int, location: int = 101, *, backordered: int = 0) -> AllocatedPart:
    return AllocatedPart(location=LocationId(an_id(location)), quantity=quantity, backordered=backordered)


def an_order_line(
    *parts: AllocatedPart, number: int = 1, price: int | None = 100, ordered: int | None = None
) -> OrderLine:
    return OrderLine(
        number=number,
        item=ItemId(an_id(number)),
        sku=f"SKU-{number}",
        scale=0,
        ordered=sum(part.quantity for part in parts) if ordered is None else ordered,
        price=price,
        parts=parts,
    )


def a_dossier(*lines: OrderLine) -> Dossier:
    """A newly accepted order of these lines; of five pieces from one location unless told otherwise."""
    lines = lines or (an_order_line(a_part(5)),)
    facts = order_facts(*lines)
    return Dossier(order=Order(facts=facts, accepted_at=NOW), fulfilments=proposed(facts.order_id, lines), version=1)


def after(dossier: Dossier, *changes: OrderChange | FulfilmentChange) -> Dossier:
    """``dossier`` when all of ``changes`` were made."""
    for change in changes:
        dossier = replay(evolve, dossier, decide(dossier, change, NOW))
    return dossier


def events(dossier: Dossier, change: OrderChange | FulfilmentChange) -> tuple[OrderEvent, ...]:
    return decide(dossier, change, NOW)


def first(dossier: Dossier) -> FulfilmentId:
    """The id of the order's first fulfilment order."""
    return dossier.fulfilments[0].id


def some(quantity: int, line: int = 1) -> tuple[LineQuantity, ...]:
    """So much of one line."""
    return (LineQuantity(line=line, quantity=Decimal(quantity)),)
