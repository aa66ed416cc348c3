"""A small world in a line: plain values with sensible defaults, so that a test names only what it is about."""

from datetime import UTC, datetime
from decimal import Decimal

from core.acceptance.events import OrderAccepted, OrderHeld, OrderRejected
from core.acceptance.facts import Facts, Outcome, Requested
from core.acceptance.policies import Policies
from core.catalogue.item import Item
from core.credit.account import CreditAccount
from core.intake.submission import Address, Lane, OrderRequest, RequestedLine, Submission
from core.inventory.balance import Balance, BalanceKey
from core.inventory.location import Location, LocationKind
from core.kernel.context import Context
from core.kernel.goods import Unit
from core.kernel.ids import IntakeId, ItemId, LocationId, OrderId, TenantId
from core.kernel.money import Money
from core.orders.order import OrderFacts, OrderLine
from core.risk.assessment import CustomerHistory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TENANT = TenantId("019569a0-0000-7000-8000-00000000000a")
OTHER_TENANT = TenantId("019569a0-0000-7000-8000-00000000000b")


def an_id(number: int) -> str:
    """The canonical UUIDv7 number ``number`` of this world."""
    return f"019569a0-0001-7000-8000-{number:012x}"


def numbered_ids(start: int = 1000) -> "Ids":
    """An ids port whose ids count up."""
    return Ids(start)


class Ids:
    """Makes ids that count up."""

    def __init__(self, start: int) -> None:
        self.last = start

    def __call__(self) -> str:
        self.last += 1
        return an_id(self.last)


def a_context(*tenants: TenantId, now: datetime = NOW) -> Context:
    return Context(tenants=tenants or (TENANT,), actor="ann", now=now, correlation="c-1")


def an_item(
    number: int = 1,
    *,
    scale: int = 0,
    price: Money | None = None,
    backorder_limit: int = 0,
    sku: str | None = None,
    units: tuple[Unit, ...] = (),
) -> Item:
    return Item(
        id=ItemId(an_id(number)),
        sku=sku or f"SKU-{number}",
        name=f"item {number}",
        uom="each",
        scale=scale,
        price=price,
        backorder_limit=backorder_limit,
        version=1,
        units=units,
    )


def a_location(
    number: int = 101, code: str | None = None, *, priority: int = 100, country: str | None = None
) -> Location:
    return Location(
        id=LocationId(an_id(number)),
        code=code or f"W{number}",
        kind=LocationKind.WAREHOUSE,
        priority=priority,
        country=country,
    )


def a_key(item: int = 1, location: int = 101) -> BalanceKey:
    return BalanceKey(item=ItemId(an_id(item)), location=LocationId(an_id(location)))


def a_balance(item: int = 1, location: int = 101, *, available: int = 0, backorder_limit: int = 0) -> Balance:
    return Balance(key=a_key(item, location), available=available, backorder_limit=backorder_limit)


def a_line(sku: str = "SKU-1", quantity: str | int = 1, *, unit_price: Money | None = None) -> RequestedLine:
    return RequestedLine(sku=sku, quantity=Decimal(quantity), unit_price=unit_price)


def a_submission(number: int = 201, *, tenant: TenantId = TENANT, external_id: str | None = None) -> Submission:
    return Submission(
        tenant=tenant,
        id=IntakeId(an_id(number)),
        order_id=OrderId(an_id(number + 100_000)),
        lane=Lane.NORMAL,
        channel="api",
        external_id=external_id,
        key_hash=None,
        body_hash=b"hash",
        body=b"{}",
        received_at=NOW,
        actor="ann",
        correlation=f"c-{number}",
    )


def requested(
    *lines: RequestedLine,
    number: int = 201,
    tenant: TenantId = TENANT,
    customer: str | None = None,
    currency: str | None = None,
    vendor_id: str | None = None,
    ship_to: Address | None = None,
    text: str | None = None,
    refusal: str | None = None,
    reviewed: bool = False,
) -> Requested:
    return Requested(
        submission=a_submission(number, tenant=tenant),
        request=OrderRequest(
            items=lines,
            customer=customer,
            currency=currency,
            vendor_id=vendor_id,
            ship_to=ship_to,
            text=text,
            refusal=refusal,
        ),
        reviewed=reviewed,
    )


def facts(
    *,
    items: tuple[Item, ...] = (),
    locations: tuple[Location, ...] = (),
    balances: tuple[Balance, ...] = (),
    policies: Policies | None = None,
    accounts: tuple[CreditAccount, ...] = (),
    histories: dict[str, CustomerHistory] | None = None,
    tenant: TenantId = TENANT,
) -> Facts:
    """The facts of one tenant, every item under its SKU and its id."""
    return Facts(
        items={(tenant, name): item for item in items for name in (item.sku, item.id)},
        locations={tenant: locations},
        available={item.id: {b.key.location: b.available for b in balances if b.key.item == item.id} for item in items},
        histories={(tenant, customer): history for customer, history in (histories or {}).items()},
        accounts={(tenant, account.customer): account for account in accounts},
        policies={tenant: policies} if policies else {},
    )


def accepted(outcome: Outcome) -> OrderAccepted:
    assert isinstance(outcome.event, OrderAccepted), outcome.event
    return outcome.event


def rejected(outcome: Outcome) -> OrderRejected:
    assert isinstance(outcome.event, OrderRejected), outcome.event
    return outcome.event


def held(outcome: Outcome) -> OrderHeld:
    assert isinstance(outcome.event, OrderHeld), outcome.event
    return outcome.event


def reason_codes(outcome: Outcome) -> list[str]:
    """The codes of why it was rejected or held; none when it was accepted."""
    return [] if isinstance(outcome.event, OrderAccepted) else [reason.code for reason in outcome.event.reasons]


def order_facts(*lines: OrderLine) -> OrderFacts:
    return OrderFacts(
        order_id=OrderId(an_id(301)),
        intake_id=IntakeId(an_id(302)),
        channel="api",
        external_id=None,
        customer=None,
        currency=None,
        total=0,
        lines=lines,
        received_at=NOW,
    )
