"""Stock for channels: allocations that are carried out step by step, and what is set aside because of them."""

from decimal import Decimal

from core.identity.permission import Scope
from core.kernel.quantity import to_amount
from core.sagas.allocate_to_channel import AllocateToChannel
from entrypoints.http.begun import BegunSaga, show_begun
from entrypoints.http.fields import Body, Code, Positive, Shown, Sku
from entrypoints.http.paging import Page, PageQuery, page_of
from entrypoints.http.routes import Call, Reply, Route
from ports.allotments import AllotmentRow


class NewChannelAllocation(Body):
    """So much of one item for a channel: reserved, allotted to it, and promised, or nothing at all."""

    sku: Sku
    quantity: Positive
    channel: Code


class ShownAllotment(Shown):
    """A quantity at one location that is set aside for a channel, because of `cause`."""

    id: str
    channel: str
    sku: str
    location: str
    quantity: Decimal
    cause: str


class AllotmentQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which allotments to list."""

    channel: Code | None = None
    sku: Sku | None = None


async def begin_allocation(call: Call) -> Reply:
    """Begin it."""
    body: NewChannelAllocation = call.body
    command = AllocateToChannel(sku=body.sku, quantity=body.quantity, channel=body.channel)
    return await call.run(command, show_begun)


async def list_allotments(call: Call) -> Reply:
    """Allotments by id."""
    query: AllotmentQuery = call.query
    after = call.place("allotments", tuple[str, int])
    rows = await call.parts.views.allotments.allotments(
        call.tenant, channel=query.channel, sku=query.sku, after=after, limit=query.limit + 1
    )
    return call.reply(page_of(rows, query.limit, _show, lambda row: call.cursor("allotments", [row.id, row.number])))


def _show(row: AllotmentRow) -> ShownAllotment:
    return ShownAllotment(
        id=row.id,
        channel=row.channel,
        sku=row.sku,
        location=row.location,
        quantity=to_amount(row.quantity, row.scale),
        cause=row.cause,
    )


ROUTES = (
    Route(
        method="POST", path="/inventory/allocations", summary="Allocate stock to a channel, step by step",
        handle=begin_allocation, tag="stock", body=NewChannelAllocation, answer=BegunSaga, status=202,
        scope=Scope.STOCK_WRITE, refusals=(409, 422),
    ),
    Route(
        method="GET", path="/inventory/allotments", summary="What is set aside for channels", handle=list_allotments,
        tag="stock", query=AllotmentQuery, answer=Page[ShownAllotment], scope=Scope.STOCK_READ,
    ),
)  # fmt: skip
