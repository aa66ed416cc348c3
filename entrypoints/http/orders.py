"""Orders as they were decided: lists, and one with its whole story."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.acceptance.events import Explanation, explanation_of
from core.identity.permission import Scope
from core.kernel.ids import OrderId, StreamId
from core.kernel.quantity import to_amount
from core.orders.order import Hold, Order, OrderLine, OrderNotFound, Phase, Reason
from entrypoints.http.fields import Code, Moment, MoneyOut, Reference, Shown, known_id, show_minor, to_moment
from entrypoints.http.fulfilment_fields import ShownFulfilment, show_fulfilment
from entrypoints.http.paging import Page, PageQuery, page_of
from entrypoints.http.passed_over import ShownPassedOver, show_passed_over
from entrypoints.http.preorders import Expected, days_of, waiting
from entrypoints.http.return_fields import ShownReturn, show_return
from entrypoints.http.routes import Call, Reply, Route
from ports.orders import OrderFilter

Codes = Mapping[str, str]
"""What a person calls a location or a lot, by its id."""


class ShownPart(Shown):
    """A quantity of an item, or of a kit's component, promised from one location; `backordered` is not on the shelf."""

    sku: str
    location: str
    lot: str | None
    quantity: Decimal
    backordered: Decimal


class ShownLine(Shown):
    """A line, quantities in the item's unit of measure; `unit` is what it was ordered in.

    `price` is for `price_per` of the unit of measure: for one of it, or for one `unit`. `expected_on` is the day what
    waits of it is sent from, where it is a preorder.
    """

    number: int
    item_id: str
    sku: str
    ordered: Decimal
    allocated: Decimal
    backordered: Decimal
    shipped: Decimal
    delivered: Decimal
    cancelled: Decimal
    returned: Decimal
    price: MoneyOut | None
    price_per: Decimal
    unit: str | None
    expected_on: date | None
    allocations: list[ShownPart]


class ShownOrder(Shown):
    """An order as it stands."""

    id: str
    job_id: str
    phase: Phase
    channel: str
    external_id: str | None
    customer: str | None
    vendor: str | None
    total: MoneyOut | None
    received_at: datetime
    accepted_at: datetime | None
    rejected_at: datetime | None
    held_at: datetime | None
    cancelled_at: datetime | None
    closed_at: datetime | None
    reasons: Sequence[Reason]
    holds: Sequence[Hold]
    lines: list[ShownLine]


class ShownMoment(Shown):
    """Something that happened to the order."""

    type: str
    version: int
    actor: str
    at: datetime


class ShownStory(ShownOrder):
    """An order with why it was decided as it was (quantities there in base units), and what happened to it.

    `exchange_of` is the order whose goods it was sent in exchange for.
    """

    fulfilments: list[ShownFulfilment]
    returns: list[ShownReturn]
    exchange_of: str | None
    explanation: Explanation | None
    passed_over: list[ShownPassedOver]
    timeline: list[ShownMoment]


class OrdersQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which orders to list."""

    phase: Phase | None = None
    channel: Code | None = None
    external_id: Reference | None = None
    created_from: Moment | None = None
    created_to: Moment | None = None


async def list_orders(call: Call) -> Reply:
    """Orders, newest first."""
    query: OrdersQuery = call.query
    wanted = OrderFilter(
        phase=query.phase,
        channel=query.channel,
        external_id=query.external_id,
        created_from=to_moment(query.created_from),
        created_to=to_moment(query.created_to),
    )
    before = call.place("orders", OrderId)
    rows = await call.parts.views.orders.orders(call.tenant, wanted, before=before, limit=query.limit + 1)
    lines = [line for order in rows for line in order.facts.lines]
    codes, days = await codes_of(call, lines), await days_of(call, waiting(lines))
    return call.reply(
        page_of(
            rows,
            query.limit,
            lambda order: ShownOrder(**order_fields(order, codes, days)),
            lambda order: call.cursor("orders", order.facts.order_id),
        )
    )


async def get_order(call: Call) -> Reply:
    """One order and its story."""
    missing = OrderNotFound(f"there is no order {call.path['id']}")
    order_id = OrderId(known_id(call.path["id"], missing))
    order = await call.parts.views.orders.order(call.tenant, order_id)
    if order is None:
        raise missing
    events = await call.parts.feed.stream(call.tenant, StreamId(order_id))
    explanation = explanation_of(event.body for event in events)
    fulfilments = await call.parts.views.dossiers.fulfilments(call.tenant, order_id)
    returns = await call.parts.views.dossiers.returns(call.tenant, order_id)
    lines = order.facts.lines
    codes, days = await codes_of(call, lines), await days_of(call, waiting(lines))
    story = ShownStory(
        **order_fields(order, codes, days),
        fulfilments=[show_fulfilment(one, order.facts.lines, codes) for one in fulfilments],
        returns=[show_return(one, order.facts.lines, order.facts.currency) for one in returns],
        exchange_of=await call.parts.views.dossiers.exchange_of(call.tenant, order),
        explanation=explanation,
        passed_over=show_passed_over(explanation),
        timeline=[
            ShownMoment(type=event.name, version=event.version, actor=event.actor, at=event.recorded_at)
            for event in events
        ],
    )
    return call.reply(story)


async def codes_of(call: Call, lines: Iterable[OrderLine]) -> Codes:
    """What a person calls the tenant's locations, and the lots ``lines`` are promised from."""
    views = call.parts.views.inventory
    codes: dict[str, str] = {place.id: place.code for place in await views.locations(call.tenant)}
    lots = {part.lot for line in lines for part in line.parts if part.lot}
    if lots:
        codes |= {str(lot): code for lot, code in (await views.lot_codes(call.tenant, lots)).items()}
    return codes


def order_fields(order: Order, codes: Codes, expected: Expected) -> dict[str, Any]:
    """What a ShownOrder is made of."""
    facts = order.facts
    return {
        "id": facts.order_id,
        "job_id": facts.intake_id,
        "phase": order.phase,
        "channel": facts.channel,
        "external_id": facts.external_id,
        "customer": facts.customer,
        "vendor": order.vendor,
        "total": show_minor(facts.total, facts.currency),
        "received_at": facts.received_at,
        "accepted_at": order.accepted_at,
        "rejected_at": order.rejected_at,
        "held_at": order.held_at,
        "cancelled_at": order.cancelled_at,
        "closed_at": order.closed_at,
        "reasons": order.reasons,
        "holds": order.holds,
        "lines": [_line(line, facts.currency, codes, expected(line)) for line in facts.lines],
    }


def _line(line: OrderLine, currency: str | None, codes: Codes, expected: date | None) -> ShownLine:
    amounts = {
        name: to_amount(getattr(line, name), line.scale)
        for name in ("ordered", "allocated", "backordered", "shipped", "delivered", "cancelled", "returned")
    }
    return ShownLine(
        number=line.number,
        item_id=line.item,
        sku=line.sku,
        price=show_minor(line.price, currency),
        price_per=to_amount(line.per or 10**line.scale, line.scale),
        unit=line.unit,
        expected_on=expected,
        allocations=_parts(line, codes),
        **amounts,
    )


def _parts(line: OrderLine, codes: Codes) -> list[ShownPart]:
    of = {component.item: (component.sku, component.scale) for component in line.components}
    shown = []
    for part in line.parts:
        sku, scale = of.get(part.item or line.item, (line.sku, line.scale))
        shown.append(
            ShownPart(
                sku=sku,
                location=codes.get(part.location, part.location),
                lot=None if part.lot is None else codes.get(part.lot, part.lot),
                quantity=to_amount(part.quantity, scale),
                backordered=to_amount(part.backordered, scale),
            )
        )
    return shown


ROUTES = (
    Route(
        method="GET", path="/orders", summary="List orders", handle=list_orders, tag="orders",
        query=OrdersQuery, answer=Page[ShownOrder], scope=Scope.ORDERS_READ,
    ),
    Route(
        method="GET", path="/orders/{id:str}", summary="One order and its story", handle=get_order, tag="orders",
        answer=ShownStory, scope=Scope.ORDERS_READ, refusals=(404,),
    ),
)  # fmt: skip
