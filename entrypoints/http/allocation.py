"""Allocation outside an order: promise so much of an item, or only ask where it would come from."""

from decimal import Decimal

from core.identity.permission import Scope
from core.inventory.acts import AllocateStock, StockAllocated
from core.inventory.stock import InsufficientStock
from core.kernel.errors import Rejected
from core.kernel.quantity import to_amount
from entrypoints.http.errors import ExplainedConflict
from entrypoints.http.fields import Body, Code, Positive, Shown, Sku
from entrypoints.http.routes import Call, Reply, Route


class NewAllocation(Body):
    """So much of one item, named by either `sku` or `product_id`, for a channel. `dry_run` promises nothing."""

    quantity: Positive
    channel: Code
    sku: Sku | None = None
    product_id: Sku | None = None
    dry_run: bool = False


class ShownPart(Shown):
    """A quantity promised from one location; `backordered` of it is not on the shelf."""

    location: str
    quantity: Decimal
    backordered: Decimal


class ShownCandidate(Shown):
    """A location that was tried, in order, and what it had available."""

    location: str
    available: Decimal


class ShownAllocation(Shown):
    """Where the quantity comes from, and why; `group_id` is its entry in the ledger, null when nothing was entered."""

    sku: str
    quantity: Decimal
    short: Decimal
    allocations: list[ShownPart]
    rules: list[str]
    tried: list[ShownCandidate]
    dry_run: bool
    group_id: str | None


async def allocate(call: Call) -> Reply:
    """Allocate. Answers 409 with the same explanation when the quantity cannot be promised whole."""
    body: NewAllocation = call.body
    command = AllocateStock(name=_name(body), quantity=body.quantity, channel=body.channel, dry_run=body.dry_run)
    return await call.run(command, lambda result: _show(result, command))


def _name(body: NewAllocation) -> str:
    names = [name for name in (body.sku, body.product_id) if name is not None]
    if len(names) != 1:
        raise Rejected("name the item by either sku or product_id", path="$.sku")
    return names[0]


def _show(done: StockAllocated, command: AllocateStock) -> ShownAllocation:
    allocation, scale = done.allocation, done.scale
    codes = {tried.location: tried.code for tried in allocation.tried}
    shown = ShownAllocation(
        sku=done.sku,
        quantity=to_amount(allocation.quantity, scale),
        short=to_amount(allocation.short, scale),
        allocations=[
            ShownPart(
                location=codes[part.location],
                quantity=to_amount(part.quantity, scale),
                backordered=to_amount(part.backordered, scale),
            )
            for part in allocation.parts
        ],
        rules=list(allocation.rules),
        tried=[
            ShownCandidate(location=tried.code, available=to_amount(tried.available, scale))
            for tried in allocation.tried
        ],
        dry_run=command.dry_run,
        group_id=done.group,
    )
    if allocation.short:
        raise ExplainedConflict(
            f"{shown.short} of {command.quantity} cannot be promised",
            shown,
            code=InsufficientStock.code,
            path="$.quantity",
        )
    return shown


ROUTES = (
    Route(
        method="POST", path="/inventory/allocate", summary="Allocate stock, or try to", handle=allocate, tag="stock",
        body=NewAllocation, answer=ShownAllocation, scope=Scope.STOCK_WRITE, refusals=(409, 422),
    ),
)  # fmt: skip
