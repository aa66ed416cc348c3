"""What a replay is given: the stage that facts set, and decisions as the journal has them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from core.acceptance.events import OrderHeld, OrderRejected
from core.acceptance.facts import Facts, Outcome
from core.acceptance.what_if import Decided, Stage
from core.inventory.balance import BalanceKey
from core.kernel.ids import LocationId, TenantId
from tests.support.given import NOW, TENANT


def stage_of(facts: Facts, tenant: TenantId = TENANT, *, stock: Mapping[BalanceKey, int] | None = None) -> Stage:
    """The tenant's part of ``facts``; ``stock`` instead of what is available there."""
    items = {item.id: item for (owner, _), item in facts.items.items() if owner == tenant}
    lots = {one.lot.id: one.lot for item in items for one in facts.lots.get(item, ())}
    available = stock_of(facts, tenant) if stock is None else stock
    return Stage(tenant=tenant, items=items, locations=facts.locations[tenant], lots=lots, available=available)


def stock_of(facts: Facts, tenant: TenantId = TENANT) -> dict[BalanceKey, int]:
    """What is available on each of the tenant's shelves."""
    items = {item.id for (owner, _), item in facts.items.items() if owner == tenant}
    by_lot = {
        BalanceKey(item=item, location=one.location, lot=one.lot.id): one.available
        for item in items
        for one in facts.lots.get(item, ())
    }
    plain = {
        BalanceKey(item=item, location=LocationId(place)): units
        for item in items
        for place, units in facts.available.get(item, {}).items()
    }
    return {**plain, **by_lot}


def decided(outcomes: Sequence[Outcome], tenant: TenantId = TENANT, at: datetime = NOW) -> list[Decided]:
    """The tenant's accepted and rejected orders."""
    return [
        Decided(
            facts=outcome.event.facts,
            country=outcome.requested.request.ship_to.country if outcome.requested.request.ship_to else None,
            refusals=tuple(reason.code for reason in outcome.event.reasons)
            if isinstance(outcome.event, OrderRejected)
            else (),
            at=at,
        )
        for outcome in outcomes
        if outcome.tenant == tenant and not isinstance(outcome.event, OrderHeld)
    ]
