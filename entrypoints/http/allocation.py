"""Allocation outside an order: promise so much of an item, or only ask where it would come from."""

from decimal import Decimal

from core.identity.permission import Scope
from core.inventory.acts import AllocateStock, ItemAllocation, StockAllocated
from core.inventory.allocation import Why
from core.inventory.counterfactual import counterfactual
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
    """A quantity of an item promised from one location; `backordered` of it is not on the shelf."""

    sku: str
    location: str
    lot: str | None
    quantity: Decimal
    backordered: Decimal


class ShownCandidate(Shown):
    """A location that was tried for an item, in order, and what it had that can be promised.

    `kept` of it is for other channels; `why` says what was against it, null when it covered all that was left.
    """

    sku: str
    location: str
    available: Decimal
    kept: Decimal
    why: Why | None


class ShownPassedOver(Shown):
    """A location that would have sent all of an item with `missing` more."""

    sku: str
    location: str
    missing: Decimal


class ShownAllocation(Shown):
    """Where the quantity comes from, and why; `group_id` is its entry in the ledger, null when nothing was entered.

    `quantity` and `short` are of the item itself; a kit's allocations are of its components.
    """

    sku: str
    quantity: Decimal
    short: Decimal
    allocations: list[ShownPart]
    rules: list[str]
    tried: list[ShownCandidate]
    passed_over: list[ShownPassedOver]
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
    shown = ShownAllocation(
        sku=done.sku,
        quantity=to_amount(done.promised, done.scale),
        short=to_amount(done.short, done.scale),
        allocations=[part for one in done.allocations for part in _parts(one)],
        rules=list(done.allocations[0].allocation.rules),
        tried=[
            ShownCandidate(
                sku=one.sku,
                location=tried.code,
                available=to_amount(tried.available, one.scale),
                kept=to_amount(tried.kept, one.scale),
                why=tried.why,
            )
            for one in done.allocations
            for tried in one.allocation.tried
        ],
        passed_over=[
            ShownPassedOver(sku=one.sku, location=passed.code, missing=to_amount(passed.missing, one.scale))
            for one in done.allocations
            for passed in counterfactual(one.allocation)
        ],
        dry_run=command.dry_run,
        group_id=done.group,
    )
    if done.short:
        raise ExplainedConflict(
            f"{shown.short} of {command.quantity} cannot be promised",
            shown,
            code=InsufficientStock.code,
            path="$.quantity",
        )
    return shown


def _parts(one: ItemAllocation) -> list[ShownPart]:
    codes = {tried.location: tried.code for tried in one.allocation.tried}
    return [
        ShownPart(
            sku=one.sku,
            location=codes[part.location],
            lot=None if part.lot is None else one.lots[part.lot],
            quantity=to_amount(part.quantity, one.scale),
            backordered=to_amount(part.backordered, one.scale),
        )
        for part in one.allocation.parts
    ]


ROUTES = (
    Route(
        method="POST", path="/inventory/allocate", summary="Allocate stock, or try to", handle=allocate, tag="stock",
        body=NewAllocation, answer=ShownAllocation, scope=Scope.STOCK_WRITE, refusals=(409, 422),
    ),
)  # fmt: skip
