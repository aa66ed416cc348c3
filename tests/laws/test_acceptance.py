"""Acceptance: a batch of n is n batches of one, an order is whole or nothing, nothing is promised that is not there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from hypothesis import event, given, settings

from adapters.toolkit.codec import decode_event, encode_event
from core.acceptance.decision import decide_batch
from core.acceptance.events import OrderAccepted
from core.acceptance.facts import Facts, LotOnShelf, Outcome, Requested, Working
from core.acceptance.policies import Policies
from core.acceptance.queues import status_of
from core.configuration.flag import Flag
from core.intake.submission import OrderRequest
from core.inventory.availability import Stock, available_of
from core.inventory.balance import Balance, BalanceKey
from core.inventory.lot import Lot
from core.inventory.stock import evolve, violation
from core.kernel.goods import Tracking
from core.kernel.ids import NO_LOT, ItemId, LocationId
from core.orders.order import OrderLine
from tests.laws.strategies import batches, worlds
from tests.support.given import NOW, TENANT, a_line, a_submission

Shelves = Mapping[BalanceKey, Balance]


def shelves(facts: Facts) -> Shelves:
    """The balances behind ``facts``: what they owe is promised to somebody."""
    limits = {item.id: item.backorder_limit for item in facts.items.values()}
    keys = {
        BalanceKey(item=item, location=location): units
        for item, found in facts.available.items()
        for location, units in found.items()
    }
    keys |= {
        BalanceKey(item=item, location=one.location, lot=one.lot.id): one.available
        for item, found in facts.lots.items()
        for one in found
    }
    return {
        key: Balance(key=key, available=units, committed=max(0, -units), backorder_limit=limits[key.item])
        for key, units in keys.items()
    }


def moved(balances: Shelves, outcome: Outcome) -> Shelves:
    """The ledger after ``outcome``: its own arithmetic, not the fold's."""
    changed = dict(balances)
    for movement in outcome.movements:
        changed[movement.key] = evolve(changed[movement.key], movement)
    return changed


def after(facts: Facts, outcome: Outcome) -> Facts:
    """The facts a next transaction would gather: kept apart from how the fold carries its own effects."""
    customer = outcome.customer
    balances = moved(shelves(facts), outcome)
    return replace(
        facts,
        available={
            item: {location: balances[BalanceKey(item=item, location=location)].available for location in found}
            for item, found in facts.available.items()
        },
        lots={
            item: [replace(one, available=balances[shelf_of(item, one)].available) for one in found]
            for item, found in facts.lots.items()
        },
        histories={**facts.histories, customer: outcome.history} if customer and outcome.history else facts.histories,
        accounts={**facts.accounts, customer: outcome.account} if customer and outcome.account else facts.accounts,
    )


def shelf_of(item: ItemId, stocked: LotOnShelf) -> BalanceKey:
    return BalanceKey(item=item, location=stocked.location, lot=stocked.lot.id)


def promisable(facts: Facts) -> Mapping[ItemId, int]:
    """For each item what is on its shelves and may be promised, and what may still be owed."""
    limits = {item.id: item.backorder_limit for item in facts.items.values()}
    plain = {
        item: sum(max(0, units) for units in found.values())
        + max(0, limits[item] - sum(max(0, -units) for units in found.values()))
        for item, found in facts.available.items()
    }
    by_lot = {
        item: sum(one.available for one in found if may_be_promised(one.lot, facts))
        for item, found in facts.lots.items()
    }
    return {**plain, **by_lot}


def may_be_promised(lot: Lot, facts: Facts) -> bool:
    return lot.status == "available" and (lot.expires_on is None or lot.expires_on >= facts.today)


def made_of(facts: Facts, outcome: Outcome, line: OrderLine) -> Counter[ItemId]:
    """What the line takes from shelves, by the catalogue's own words."""
    item = facts.items[outcome.tenant, line.item]
    takes = {part.item: part.quantity for part in item.components} or {item.id: 1}
    return Counter({component: quantity * line.ordered for component, quantity in takes.items()})


@given(facts=worlds(), batch=batches())
def test_a_batch_of_n_equals_n_batches_of_one(facts: Facts, batch: list[Requested]) -> None:
    singles: list[Outcome] = []
    now_facts = facts
    for requested in batch:
        (outcome,) = decide_batch([requested], Working(now_facts), NOW)
        singles.append(outcome)
        now_facts = after(now_facts, outcome)
        event(status_of(outcome))
    assert decide_batch(batch, Working(facts), NOW) == singles
    # However the batch is cut, as long as its parts are decided after each other over the same facts.
    working, middle = Working(facts), len(batch) // 2
    parts = (batch[:middle], batch[middle:])
    assert [outcome for part in parts for outcome in decide_batch(part, working, NOW)] == singles


@given(facts=worlds(), batch=batches())
def test_a_batch_keeps_every_bound_of_the_ledger_after_every_order(facts: Facts, batch: list[Requested]) -> None:
    balances = shelves(facts)
    for outcome in decide_batch(batch, Working(facts), NOW):
        balances = moved(balances, outcome)
        assert [violation(balance) for balance in balances.values() if violation(balance)] == []


@given(facts=worlds(), batch=batches())
def test_nothing_is_promised_beyond_the_shelves_and_the_backorder_limit(facts: Facts, batch: list[Requested]) -> None:
    promised: Counter[ItemId] = Counter()
    for outcome in decide_batch(batch, Working(facts), NOW):
        for movement in outcome.movements:
            promised[movement.key.item] += movement.quantity
    most = promisable(facts)
    assert {item: units for item, units in promised.items() if units > most[item]} == {}


@given(facts=worlds(), batch=batches())
def test_an_order_is_promised_whole_or_moves_nothing(facts: Facts, batch: list[Requested]) -> None:
    for outcome in decide_batch(batch, Working(facts), NOW):
        lines = outcome.event.facts.lines
        if isinstance(outcome.event, OrderAccepted):
            assert lines
            assert all(0 < line.ordered == line.allocated for line in lines)
            taken: Counter[ItemId] = Counter()
            for movement in outcome.movements:
                taken[movement.key.item] += movement.quantity
            assert taken == sum((made_of(facts, outcome, line) for line in lines), Counter())
            assert all(0 <= line.backordered <= line.allocated for line in lines)
        else:
            assert outcome.event.reasons
            assert (outcome.movements, outcome.history, outcome.account) == ((), None, None)
            assert all(line.allocated == 0 <= line.ordered for line in lines)


@given(facts=worlds(), batch=batches())
def test_no_lot_is_taken_while_an_earlier_one_has_stock_at_that_place(facts: Facts, batch: list[Requested]) -> None:
    by_id = {one.lot.id: one.lot for found in facts.lots.values() for one in found}
    balances = shelves(facts)
    for outcome in decide_batch(batch, Working(facts), NOW):
        balances = moved(balances, outcome)
        for movement in outcome.movements:
            key = movement.key
            if key.lot == NO_LOT:
                continue
            event(f"a lot is taken, {by_id[key.lot].expires_on}")
            assert may_be_promised(by_id[key.lot], facts)
            rivals = [
                other
                for other, balance in balances.items()
                if (other.item, other.location) == (key.item, key.location)
                and balance.available > 0
                and may_be_promised(by_id[other.lot], facts)
            ]
            day = by_id[key.lot].expires_on or date.max
            assert [other for other in rivals if (by_id[other.lot].expires_on or date.max) < day] == []


@given(facts=worlds())
def test_what_availability_says_of_a_kit_is_what_can_be_ordered(facts: Facts) -> None:
    kit = facts.items[TENANT, "KIT"]
    facts = replace(facts, accounts={}, policies={TENANT: Policies(flags={Flag.RISK_ASSESSMENT: False})})
    places = {place.id: place.code for place in facts.locations[TENANT]}
    stocks = {item: stock_of(facts, item, places) for item in (component.item for component in kit.components)}
    found = available_of(kit.sku, kit.scale, kit.id, kit.components, stocks)

    def accepted(quantity: int, at: Facts = facts) -> bool:
        wanted = Requested(
            submission=a_submission(900), request=OrderRequest(items=(a_line("KIT", quantity),)), reviewed=True
        )
        (outcome,) = decide_batch([wanted], Working(at), NOW)
        return isinstance(outcome.event, OrderAccepted)

    most = found.total + found.allowance
    event(f"{min(most, 3)} kits")
    assert not accepted(most + 1)
    assert most == 0 or accepted(most)
    for place, code in places.items():
        here = replace(facts, locations={TENANT: [one for one in facts.locations[TENANT] if one.id == place]})
        nothing_owed = {key: replace(item, backorder_limit=0) for key, item in here.items.items()}
        here = replace(here, items=nothing_owed)
        count = found.by_location.get(code, 0)
        assert not accepted(count + 1, here)
        assert count == 0 or accepted(count, here)


def stock_of(facts: Facts, item: ItemId, places: Mapping[LocationId, str]) -> Stock:
    known = facts.items[TENANT, item]
    if known.tracking is Tracking.NONE:
        available = {places[place]: units for place, units in facts.available[item].items()}
        # An item that may be owed has a balance wherever it may be owed from.
        return Stock(available=available, backorder_limit=known.backorder_limit if available else 0)
    sums: Counter[str] = Counter()
    for one in facts.lots[item]:
        if may_be_promised(one.lot, facts):
            sums[places[one.location]] += one.available
    return Stock(available=sums)


@given(facts=worlds(), batch=batches())
def test_no_order_takes_an_account_over_its_limit_or_makes_a_debt_smaller(facts: Facts, batch: list[Requested]) -> None:
    for outcome in decide_batch(batch, Working(facts), NOW):
        if outcome.account and outcome.customer:
            before = facts.accounts[outcome.customer].exposure
            assert before <= outcome.account.exposure <= outcome.account.limit.minor
            assert outcome.account.exposure == before + outcome.event.facts.total
        facts = after(facts, outcome)


@given(facts=worlds(), batch=batches())
def test_an_order_touches_only_what_is_its_tenants(facts: Facts, batch: list[Requested]) -> None:
    for outcome in decide_batch(batch, Working(facts), NOW):
        items = {item.id for (tenant, _), item in facts.items.items() if tenant == outcome.tenant}
        places = {place.id for place in facts.locations[outcome.tenant]}
        assert {movement.key.item for movement in outcome.movements} <= items
        assert {movement.key.location for movement in outcome.movements} <= places


@given(facts=worlds(), batch=batches())
def test_every_outcome_survives_the_wire_with_its_whole_explanation(facts: Facts, batch: list[Requested]) -> None:
    for outcome in decide_batch(batch, Working(facts), NOW):
        assert decode_event(*encode_event(outcome.event)) == outcome.event


def test_the_worlds_hold_every_outcome() -> None:
    """Guards the laws above against a generator that only ever makes rejected orders."""
    seen: Counter[str] = Counter()

    @settings(max_examples=300)
    @given(facts=worlds(), batch=batches())
    def look(facts: Facts, batch: Sequence[Requested]) -> None:
        seen.update(status_of(outcome) for outcome in decide_batch(batch, Working(facts), NOW))

    look()
    assert min(seen[status] for status in ("completed", "rejected", "needs_review")) > 30, seen
