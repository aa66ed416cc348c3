"""One example of every message, as consumers and tests see it in ``contracts/samples``."""

from dataclasses import replace
from datetime import UTC, date, datetime

from adapters.toolkit.order_samples import order_samples
from adapters.toolkit.transfer_samples import transfer_samples
from adapters.toolkit.webhook_samples import webhook_samples
from core.acceptance.events import Explanation, LineExplanation, OrderAccepted, OrderHeld, OrderRejected
from core.acceptance.policies import PolicySet
from core.catalogue.item import ItemAmended, ItemCreated
from core.configuration.flag import Flag, FlagSet
from core.credit.account import CreditLimitSet
from core.identity.api_key import ApiKeyIssued, ApiKeyRevoked
from core.inventory.allocation import allocate
from core.inventory.allotment import AllottedPart, ChannelAllotmentWithdrawn, ChannelAllotted
from core.inventory.balance import Account, BalanceKey, EntryKind, Movement, StockMoved
from core.inventory.delivery import LinesReceived
from core.inventory.holding import Holder
from core.inventory.location import Location, LocationCreated, LocationKind
from core.inventory.lot import LotCreated, LotReclassified, LotStatus
from core.inventory.ranking import AllocationPolicy, Candidate
from core.inventory.reservation import (
    ReservationCommitted,
    ReservationConsumed,
    ReservationExpired,
    ReservationExtended,
    ReservationReleased,
    ReservedPart,
    StockReserved,
)
from core.kernel.goods import Tracking, Unit
from core.kernel.ids import (
    AllotmentId,
    ApiKeyId,
    GroupId,
    IntakeId,
    ItemId,
    LocationId,
    LotId,
    OrderId,
    ReservationId,
    SagaId,
    TenantId,
)
from core.kernel.money import Money
from core.orders.order import AllocatedPart, OrderFacts, OrderLine, Reason
from core.risk.assessment import DEFAULT as DEFAULT_RISK
from core.risk.assessment import Signals, assess
from core.routing.selection import RoutingPolicy, choose
from core.sagas.events import Outcome, SagaAdvanced, SagaEnded, SagaStarted, SagaStuck
from core.sagas.saga import Status
from core.tenants.tenant import TenantCreated

_PREFIX = "019ca6b1-dc00-7000-8000-00000000000"
_ITEM, _LEEDS, _BERLIN = ItemId(f"{_PREFIX}1"), LocationId(f"{_PREFIX}2"), LocationId(f"{_PREFIX}3")
_RESERVATION = ReservationId(f"{_PREFIX}a")
_LOT = LotId(f"{_PREFIX}b")
_BOX = Unit(name="box", size=12)
_PRICE = Money(minor=1250, currency="GBP")
_SIGNALS = Signals(
    established_orders=0, recent_orders=6, total=12_500, units=60, new_ship_to=False, credit_used_permille=0
)
_ALLOCATION = allocate(
    5,
    [
        Candidate(location=Location(id=place, code=code, kind=LocationKind.WAREHOUSE, country=country), available=3)
        for place, code, country in ((_LEEDS, "LEEDS", "GB"), (_BERLIN, "BERLIN", "DE"))
    ],
    AllocationPolicy(rules=("in_country", "priority")),
    country="DE",
)


def _facts(*parts: AllocatedPart) -> OrderFacts:
    line = OrderLine(number=1, item=_ITEM, sku="TEA-250", scale=0, ordered=5, price=1250, parts=parts)
    return OrderFacts(
        order_id=OrderId(f"{_PREFIX}4"),
        intake_id=IntakeId(f"{_PREFIX}5"),
        channel="shopify",
        external_id="#1001",
        customer="acme",
        currency="GBP",
        total=6250,
        lines=(line,),
        received_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )


def samples() -> dict[str, object]:
    """An example of each event, by its name on the wire."""
    return {
        **_decision_samples(),
        **order_samples(),
        **_stock_samples(),
        **transfer_samples(),
        **webhook_samples(),
        **_saga_samples(),
        "item.created.v1": ItemCreated(
            item_id=_ITEM,
            sku="TEA-250",
            name="Tea, 250 g",
            uom="each",
            scale=0,
            price=_PRICE,
            backorder_limit=0,
            tracking=Tracking.LOT,
            units=(_BOX,),
        ),
        "item.amended.v1": ItemAmended(
            item_id=_ITEM, name="Tea, 250 g", uom="each", price=_PRICE, backorder_limit=10, units=(_BOX,)
        ),
        "location.created.v1": LocationCreated(
            location_id=_LEEDS, code="LEEDS", kind=LocationKind.WAREHOUSE, priority=100, country="GB", sellable=True
        ),
        "tenant.created.v1": TenantCreated(tenant_id=TenantId(f"{_PREFIX}7"), name="Leeds Tea"),
        "api_key.issued.v1": ApiKeyIssued(
            key_id=ApiKeyId(f"{_PREFIX}8"), name="till", scopes=("orders:read", "orders:write")
        ),
        "api_key.revoked.v1": ApiKeyRevoked(key_id=ApiKeyId(f"{_PREFIX}8")),
        "credit_limit.set.v1": CreditLimitSet(account_id=f"{_PREFIX}9", customer="acme", limit=_PRICE),
        "flag.set.v1": FlagSet(flag=Flag.RISK_ASSESSMENT, enabled=False),
        "policy.set.v1": PolicySet(name="risk", policy=DEFAULT_RISK),
    }


def _stock_samples() -> dict[str, object]:
    key = BalanceKey(item=_ITEM, location=_LEEDS, lot=_LOT)
    return {
        "delivery.lines_received.v1": LinesReceived(delivery="9f2c", lines=(2, 3, 5)),
        "stock.moved.v1": StockMoved(
            group=GroupId(f"{_PREFIX}6"),
            movements=(
                Movement(
                    key=key,
                    kind=EntryKind.DAMAGE,
                    source=Account.AVAILABLE,
                    target=Account.DAMAGED,
                    quantity=2,
                    reason="dropped",
                ),
            ),
        ),
        "stock.reserved.v1": StockReserved(
            reservation_id=_RESERVATION,
            holder=Holder.CART,
            reference="cart-77",
            parts=(ReservedPart(key=key, quantity=2, sku="TEA-250", scale=0, location="LEEDS", lot="2026-09"),),
            seconds=600,
            expires_at=datetime(2026, 3, 1, 12, 10, tzinfo=UTC),
        ),
        "lot.created.v1": LotCreated(lot_id=_LOT, item_id=_ITEM, code="2026-09", expires_on=date(2026, 9, 30)),
        "lot.reclassified.v1": LotReclassified(
            lot_id=_LOT,
            item_id=_ITEM,
            before=LotStatus.AVAILABLE,
            status=LotStatus.QUARANTINE,
            reason="seal broken",
        ),
        "reservation.extended.v1": ReservationExtended(
            reservation_id=_RESERVATION, expires_at=datetime(2026, 3, 1, 12, 15, tzinfo=UTC)
        ),
        "reservation.released.v1": ReservationReleased(reservation_id=_RESERVATION, reason="the cart was emptied"),
        "reservation.expired.v1": ReservationExpired(reservation_id=_RESERVATION),
        "channel.allotted.v1": ChannelAllotted(
            allotment_id=AllotmentId(f"{_PREFIX}b"),
            channel="shopify",
            parts=(AllottedPart(key=key, quantity=2),),
            cause=f"reservation:{_RESERVATION}",
        ),
        "channel.allotment_withdrawn.v1": ChannelAllotmentWithdrawn(
            allotment_id=AllotmentId(f"{_PREFIX}b"), reason="the allocation was taken back"
        ),
        "reservation.committed.v1": ReservationCommitted(reservation_id=_RESERVATION, cause="order:1001"),
        "reservation.consumed.v1": ReservationConsumed(reservation_id=_RESERVATION),
    }


def _saga_samples() -> dict[str, object]:
    saga = SagaId(f"{_PREFIX}c")
    data = {"sku": "TEA-250", "quantity": "2", "channel": "shopify", "reservation_id": _RESERVATION}
    return {
        "saga.started.v1": SagaStarted(saga_id=saga, name="allocate-to-channel", version=1, data=data),
        "saga.advanced.v1": SagaAdvanced(
            saga_id=saga, step="reserve", outcome=Outcome.REFUSED, detail="insufficient_stock: TEA-250"
        ),
        "saga.ended.v1": SagaEnded(
            saga_id=saga, status=Status.COMPENSATED, forgiven=("allot",), reason="withdrawn by hand"
        ),
        "saga.stuck.v1": SagaStuck(saga_id=saga, still_done=("allot",), reason="allot: its undo is not answered"),
    }


def _decision_samples() -> dict[str, object]:
    risky = assess(_SIGNALS, DEFAULT_RISK)
    return {
        "order.accepted.v1": OrderAccepted(
            facts=_facts(*(AllocatedPart(location=p.location, quantity=p.quantity) for p in _ALLOCATION.parts)),
            vendor="berlin-tea",
            explanation=Explanation(
                risk=assess(replace(_SIGNALS, recent_orders=0), DEFAULT_RISK),
                credit="within the limit",
                allocation=(LineExplanation(number=1, allocation=_ALLOCATION),),
                routing=choose(None, "DE", RoutingPolicy(by_country={"DE": "berlin-tea"})),
            ),
        ),
        "order.rejected.v1": OrderRejected(
            facts=_facts(),
            reasons=(
                Reason(
                    code="insufficient_stock",
                    detail="TEA-250: 2 of 5 base units are not available",
                    path="$.items[0].quantity",
                ),
            ),
            explanation=Explanation(credit="no account"),
        ),
        "order.held.v1": OrderHeld(
            facts=_facts(),
            reasons=(Reason(code="fraud_review", detail=f"risk score {risky.score} of 1000"),),
            explanation=Explanation(risk=risky),
        ),
    }
