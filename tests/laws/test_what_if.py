"""What-if under the policy in force is what was; it never promises more than there was."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.acceptance.decision import decide_batch
from core.acceptance.facts import Facts, Requested, Working
from core.acceptance.policies import DEFAULT
from core.acceptance.what_if import Replay, Supplied
from core.inventory.balance import Account, BalanceKey, EntryKind, Movement
from core.inventory.ranking import AllocationPolicy
from tests.laws.strategies import ALLOCATION_POLICIES, batches, worlds
from tests.support.given import NOW, TENANT
from tests.support.replays import decided, stage_of, stock_of


def with_places_to_owe_from(facts: Facts) -> Facts:
    """As the storage gathers them: an item that may be owed has a balance at every place."""
    may_be_owed = {item.id: tenant for (tenant, _), item in facts.items.items() if item.backorder_limit}
    opened = {
        item: {place.id: 0 for place in facts.locations[tenant]} | dict(facts.available.get(item, {}))
        for item, tenant in may_be_owed.items()
    }
    return replace(facts, available={**facts.available, **opened})


def received(stock: Mapping[BalanceKey, int]) -> Supplied:
    return Supplied(
        at=NOW,
        movements=tuple(
            Movement(key=key, kind=EntryKind.RECEIVE, source=Account.SUPPLIER, target=Account.AVAILABLE, quantity=units)
            for key, units in stock.items()
            if units > 0
        ),
    )


@given(facts=worlds().map(with_places_to_owe_from), batch=batches(), data=st.data())
def test_under_the_policy_in_force_everything_is_as_it_was(
    facts: Facts, batch: Sequence[Requested], data: st.DataObject
) -> None:
    outcomes = decided(decide_batch(batch, Working(facts), NOW))
    there = stock_of(facts)
    late = {key: data.draw(st.integers(0, units)) if units > 0 else 0 for key, units in there.items()}
    early = {key: units - late[key] for key, units in there.items()}
    replay = Replay(stage_of(facts, stock=early), facts.policies.get(TENANT, DEFAULT).allocation)
    replay.happen(received(late))
    for outcome in outcomes:
        replay.happen(outcome)
    report = replay.tally.report()
    assert report.differing == 0
    assert report.served_orders == sum(not outcome.refusals for outcome in outcomes)
    assert report.orders == sum(outcome.about_stock for outcome in outcomes)


@given(facts=worlds().map(with_places_to_owe_from), batch=batches(), policy=ALLOCATION_POLICIES)
def test_under_any_policy_no_more_is_served_than_there_was_and_may_be_owed(
    facts: Facts, batch: Sequence[Requested], policy: AllocationPolicy
) -> None:
    replay = Replay(stage_of(facts), policy)
    for outcome in decided(decide_batch(batch, Working(facts), NOW)):
        replay.happen(outcome)
    report = replay.tally.report()
    assert report.served_orders <= report.orders
    assert report.parcels == sum(load.orders for load in report.load.values()) >= report.served_orders
    items = stage_of(facts).items
    assert all(units >= -items[key.item].backorder_limit for key, units in replay.left().items())
