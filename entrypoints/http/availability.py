"""What can be promised now, of many items at once."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta

from core.identity.permission import Scope
from core.inventory.availability import Availability
from core.kernel.quantity import to_amount
from entrypoints.http.fields import Body, Shown, Sku
from entrypoints.http.routes import Call, Reply, Route

SKUS_MAX = 1000


class AskedAvailability(Body):
    """The items to look at."""

    skus: Annotated[tuple[Sku, ...], Meta(min_length=1, max_length=SKUS_MAX)]


class ShownAvailability(Shown):
    """What can be promised of one item, in its unit of measure, in all and at each location that has any.

    `allowance` may be owed beyond that. A kit's is what its components make at each location and, split, in all.
    """

    sku: str
    total: Decimal
    allowance: Decimal
    locations: Mapping[str, Decimal]


class ShownAvailabilities(Shown):
    """Those of the items asked for that exist, by SKU."""

    items: list[ShownAvailability]


async def availability(call: Call) -> Reply:
    """What can be promised now; nothing is held by asking."""
    body: AskedAvailability = call.body
    view = call.parts.views.inventory
    found = await view.availability(call.tenant, body.skus, call.context.now.date())
    return call.reply(ShownAvailabilities(items=[show_availability(one) for one in found]))


def show_availability(one: Availability) -> ShownAvailability:
    """In the item's unit of measure."""
    scale = one.scale
    if scale == 0:
        # Whole pieces are written as they are: twenty thousand decimals cost more than all the rest of the answer.
        pieces: Any = one
        return ShownAvailability(
            sku=one.sku, total=pieces.total, allowance=pieces.allowance, locations=pieces.by_location
        )
    return ShownAvailability(
        sku=one.sku,
        total=to_amount(one.total, scale),
        allowance=to_amount(one.allowance, scale),
        locations={code: to_amount(amount, scale) for code, amount in one.by_location.items()},
    )


ROUTES = (
    Route(
        method="POST", path="/inventory/availability", summary="What can be promised now", handle=availability,
        tag="stock", body=AskedAvailability, answer=ShownAvailabilities, scope=Scope.STOCK_READ,
    ),
)  # fmt: skip
