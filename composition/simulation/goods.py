"""What the shops of one seed sell: plain items, one kept by lot, and a kit of both."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random

from composition.simulation.clock import BEGINNING
from composition.simulation.wishes import BY_LOT, KIT, PAIR, PLAIN
from core.catalogue.item import CreateItem, WantedComponent
from core.inventory.acts import Act, StockAct
from core.inventory.lot import LotStatus, ReclassifyLot
from core.kernel.goods import Tracking
from core.kernel.money import Money

PRICE = Money(minor=500, currency="EUR")
DAYS = (40, 30, 20, 10, -10)
"""Lots arrive in this order and expire in the other: an older lot is never the one to take first."""
LOTS = tuple(f"day{days}" for days in DAYS)
NEW_KIT = CreateItem(
    sku=KIT,
    name=KIT,
    price=PRICE,
    components=(
        WantedComponent(sku=PLAIN[0], quantity=Decimal(2)),
        WantedComponent(sku=BY_LOT, quantity=Decimal(1)),
    ),
)


def new_items(random: Random) -> tuple[CreateItem, ...]:
    """Everything but the kit, whose components must be there first."""
    plain = [
        CreateItem(sku=sku, name=sku, price=PRICE, backorder_limit=random.choice((0, 0, 2, 4)), units=(PAIR,))
        for sku in PLAIN
    ]
    return (*plain, CreateItem(sku=BY_LOT, name=BY_LOT, price=PRICE, tracking=Tracking.LOT))


def lots(random: Random, places: Sequence[str]) -> list[StockAct]:
    """The receipts of the first lots, a few of each at most of the places."""
    return [
        StockAct(
            act=Act.RECEIVE,
            sku=BY_LOT,
            location=place,
            quantity=Decimal(random.randint(1, 3)),
            lot=code,
            expires_on=(BEGINNING + timedelta(days=days)).date(),
        )
        for code, days in zip(LOTS, DAYS, strict=True)
        for place in places
        if random.random() < 0.8
    ]


def reclassification(random: Random) -> ReclassifyLot:
    """Block a lot, or free it."""
    status = random.choice((*LotStatus, LotStatus.AVAILABLE, LotStatus.AVAILABLE))
    return ReclassifyLot(sku=BY_LOT, code=random.choice(LOTS), status=status, reason="inspected")
