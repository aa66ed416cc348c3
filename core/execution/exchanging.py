"""What is submitted in exchange: an order of the same channel, customer and address."""

from core.intake.submission import OrderRequest, RequestedLine
from core.kernel.money import Money
from core.orders.order import OrderFacts
from core.orders.returns import Replacement, Return


def replacement_request(facts: OrderFacts, original: OrderRequest | None, one: Return) -> OrderRequest:
    """The request for what ``one`` is exchanged for; ``original`` is what its order was asked for with."""
    return OrderRequest(
        items=tuple(_line(wanted, facts.currency) for wanted in one.replacements),
        channel=facts.channel,
        customer=facts.customer,
        vendor_id=original.vendor_id if original else None,
        currency=facts.currency,
        ship_to=original.ship_to if original else None,
    )


def _line(wanted: Replacement, currency: str | None) -> RequestedLine:
    priced = wanted.price is not None and currency is not None
    price = Money(minor=wanted.price or 0, currency=currency or "") if priced else None
    return RequestedLine(sku=wanted.sku, quantity=wanted.quantity, unit_price=price)
