"""A small, seeded merchant to look at: a gift shop with two warehouses and a store, and a week's worth of orders."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import msgspec

from core.catalogue.item import CreateItem, CreateItems
from core.credit.account import SetCreditLimit
from core.identity.permission import ALL_SCOPES
from core.intake.submission import Address, Lane, OrderRequest, RequestedLine, Submission
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.location import CreateLocation, LocationKind
from core.kernel.ids import IntakeId, OrderId, TenantId
from core.kernel.money import Money
from entrypoints.cli.session import Session

ORDERS = 400
KINDS = ("Mug", "Candle", "Tea towel", "Lantern", "Notebook", "Cushion", "Vase", "Coaster")
COLOURS = ("red", "blue", "green", "ivory", "slate", "ochre")
PLACES = (
    CreateLocation(code="NORTH", kind=LocationKind.WAREHOUSE, priority=10, country="GB"),
    CreateLocation(code="SOUTH", kind=LocationKind.WAREHOUSE, priority=20, country="GB"),
    CreateLocation(code="SHOP", kind=LocationKind.STORE, priority=90, country="GB"),
)
CHANNELS = ("shopify", "amazon", "ebay", "b2b")
CUSTOMERS = 40


async def fill(session: Session, tenant: TenantId) -> bool:
    """Fill ``tenant``; False when it has items already. Orders are decided by whichever worker runs."""
    if await session.catalogue.items(tenant, sku=None, after="", limit=1):
        return False
    context = session.context(tenant, ALL_SCOPES)
    for place in PLACES:
        await session.dispatch.run(place, context)
    items = list(_items())
    await session.dispatch.run(CreateItems(items=tuple(items)), context)
    await session.dispatch.run(ChangeStock(acts=tuple(_stock(items))), context)
    for number in range(0, CUSTOMERS, 4):
        limit = Money(minor=50_000 + 10_000 * number, currency="GBP")
        await session.dispatch.run(SetCreditLimit(customer=f"customer-{number}", limit=limit), context)
    await session.intake_log.append([_order(session, tenant, items, number) for number in range(ORDERS)])
    return True


def _items() -> Iterator[CreateItem]:
    for kind in KINDS:
        for colour in COLOURS:
            sku = f"{kind[:3].upper()}-{colour[:3].upper()}"
            price = Money(minor=250 + draw("price", sku) % 3_000, currency="GBP")
            owed = 20 if draw("backorder", sku) % 6 == 0 else 0
            yield CreateItem(sku=sku, name=f"{kind}, {colour}", price=price, backorder_limit=owed)


def _stock(items: list[CreateItem]) -> Iterator[StockAct]:
    for item in items:
        for place, most in (("NORTH", 60), ("SOUTH", 40), ("SHOP", 8)):
            quantity = draw(place, item.sku) % most
            if quantity:
                yield StockAct(
                    act=Act.RECEIVE, sku=item.sku, location=place, quantity=Decimal(quantity), reason="opening stock"
                )


def _order(session: Session, tenant: TenantId, items: list[CreateItem], number: int) -> Submission:
    lines = tuple(
        RequestedLine(
            sku=items[draw("item", number, line) % len(items)].sku,
            quantity=Decimal(1 + draw("quantity", number, line) % 4),
        )
        for line in range(1 + draw("lines", number) % 3)
    )
    channel = CHANNELS[draw("channel", number) % len(CHANNELS)]
    request = OrderRequest(
        items=lines,
        channel=channel,
        external_id=f"demo-{number}",
        customer=f"customer-{draw('customer', number) % CUSTOMERS}",
        currency="GBP",
        ship_to=Address(city="Leeds", country="GB"),
        placed_at=session.clock.now() - timedelta(minutes=25 * (ORDERS - number)),
    )
    body = msgspec.json.encode(request)
    return Submission(
        tenant=tenant,
        id=IntakeId(session.new_id()),
        order_id=OrderId(session.new_id()),
        lane=Lane.NORMAL,
        channel=channel,
        external_id=request.external_id,
        key_hash=None,
        body_hash=hashlib.blake2b(body, digest_size=16).digest(),
        body=body,
        received_at=session.clock.now(),
        actor="cli",
        correlation=session.new_id(),
    )


def draw(*what: object) -> int:
    """A number that is always the same for the same question."""
    return int.from_bytes(hashlib.blake2b(repr(what).encode(), digest_size=4).digest(), "big")
