"""The body of an order, and the request it becomes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from core.intake.submission import Address, OrderRequest, RequestedLine
from core.kernel.errors import DomainError, Rejected
from core.kernel.money import Money, exponent_of, to_minor
from core.kernel.quantity import UNITS_MAX, InvalidQuantity
from core.kernel.value import maker
from entrypoints.http.fields import Body, Code, Country, Currency, MoneyIn, NotNegative, Positive, Reference

ITEMS_MAX = 500
ORDERS_MAX = 500
_DIGITS_MAX = 28
_NONE, _MOST = Decimal(0), Decimal(UNITS_MAX)
_request = maker(OrderRequest)
_requested_line = maker(RequestedLine)
Text = Annotated[str, Meta(min_length=1, max_length=20_000)]
Part = Annotated[str, Meta(max_length=200)]


class InvalidOrder(Rejected):
    """An order that says too little, or one thing twice."""

    code = "invalid_order"


class NewLine(Body):
    """So much of one item, named by either `sku` or `product_id`. A bare price is in the order's currency.

    Quantity and price are in `unit`, one of the item's, or in its unit of measure.
    """

    quantity: Positive
    sku: Reference | None = None
    product_id: Reference | None = None
    unit_price: NotNegative | MoneyIn | None = None
    unit: Code | None = None


class NewAddress(Body):
    """Where the order ships to."""

    name: Part | None = None
    company: Part | None = None
    line1: Part | None = None
    line2: Part | None = None
    city: Part | None = None
    region: Part | None = None
    postcode: Part | None = None
    country: Country | None = None
    phone: Part | None = None
    email: Part | None = None


class NewCustomer(Body):
    """Who buys, known by `id`, or by `email` when there is none."""

    id: Reference | None = None
    email: Reference | None = None
    name: Part | None = None
    phone: Part | None = None


class NewOrder(Body):
    """An order: lines, or words in `text` when there are no lines yet."""

    items: Annotated[tuple[NewLine, ...], Meta(max_length=ITEMS_MAX)] = ()
    vendor_id: Code | None = None
    customer: Reference | NewCustomer | None = None
    channel: Code | None = None
    external_id: Reference | None = None
    currency: Currency | None = None
    ship_to: NewAddress | None = None
    text: Text | None = None
    priority: Literal["high", "normal", "low"] | None = None


NewOrders = Annotated[list[NewOrder], Meta(min_length=1, max_length=ORDERS_MAX)]


def to_request(body: NewOrder) -> OrderRequest:
    """What the body asks for. Raises InvalidOrder, InvalidQuantity or InvalidMoney, naming the path."""
    if not body.items and body.text is None:
        raise InvalidOrder("an order has at least one item, or text", path="$.items")
    if body.currency is not None:
        exponent_of(body.currency, path="$.currency")
    return _request(
        items=tuple([_to_line(line, index, body.currency) for index, line in enumerate(body.items)]),
        channel=body.channel or "api",
        external_id=body.external_id,
        customer=_customer(body.customer),
        vendor_id=body.vendor_id,
        currency=body.currency,
        ship_to=_to_address(body.ship_to) if body.ship_to else None,
        text=body.text,
    )


def to_requests(bodies: Sequence[NewOrder]) -> list[OrderRequest]:
    """Each body's request. Raises as ``to_request``, naming the place in the batch: one bad order refuses it all."""
    requests = []
    for index, body in enumerate(bodies):
        try:
            requests.append(to_request(body))
        except DomainError as error:
            error.path = f"$[{index}]{(error.path or '$')[1:]}"
            raise
    return requests


def _to_line(line: NewLine, index: int, currency: str | None) -> RequestedLine:
    if (line.sku is None) == (line.product_id is None):
        raise InvalidOrder("name the item by either sku or product_id", path=f"$.items[{index}].sku")
    quantity = line.quantity
    # An exponent is looked at before anything is computed: 1e999999999 is short to write and long to work out.
    if not (quantity.is_finite() and _NONE < quantity <= _MOST and quantity.adjusted() >= -_DIGITS_MAX):
        raise InvalidQuantity(
            f"a quantity is a number greater than 0, up to {UNITS_MAX}", path=f"$.items[{index}].quantity"
        )
    price = line.unit_price
    return _requested_line(
        quantity=quantity,
        sku=line.sku,
        product_id=line.product_id,
        unit_price=None if price is None else _to_price(price, currency, f"$.items[{index}].unit_price"),
        unit=line.unit,
    )


def _to_price(price: Decimal | MoneyIn, currency: str | None, path: str) -> Money:
    if isinstance(price, MoneyIn):
        path, currency, amount = f"{path}.amount", price.currency, price.amount
    else:
        amount = price
    if currency is None:
        raise InvalidOrder("a bare price needs the order's currency", path="$.currency")
    minor = to_minor(amount, currency, path=path)
    if minor < 0:
        raise InvalidOrder("a price is not negative", path=path)
    return Money(minor=minor, currency=currency)


def _customer(given: str | NewCustomer | None) -> str | None:
    if not isinstance(given, NewCustomer):
        return given
    if given.id is None and given.email is None:
        raise InvalidOrder("a customer has an id or an email", path="$.customer.id")
    return given.id or given.email


def _to_address(given: NewAddress) -> Address:
    return Address(
        name=given.name,
        company=given.company,
        line1=given.line1,
        line2=given.line2,
        city=given.city,
        region=given.region,
        postcode=given.postcode,
        country=given.country,
        phone=given.phone,
        email=given.email,
    )
