"""One harness for every decider: any list of commands keeps its invariants, replays, and loses nothing on the wire."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.toolkit.codec import decode_event, encode_event
from core.catalogue.item import CreateItem, Item, ItemCommand, ItemEvent, ItemNotFound, SkuTaken
from core.catalogue.item import amend as amend_item
from core.catalogue.item import create as create_item
from core.catalogue.item import evolve as evolve_item
from core.credit.account import CreditAccount, CreditLimitSet, SetCreditLimit, hold, refusal, set_limit
from core.inventory.balance import BUCKETS, Account, Balance, Movement, StockMoved
from core.inventory.stock import decide as decide_stock
from core.inventory.stock import evolve as evolve_stock
from core.inventory.stock import violation
from core.kernel.decider import decide_each, replay
from core.kernel.errors import DomainError, Rejected
from core.kernel.goods import Tracking
from core.kernel.ids import GroupId
from core.kernel.money import Money
from core.kernel.quantity import SCALE_MAX
from core.orders.dossier import evolve as evolve_order
from tests.laws import orders
from tests.laws.strategies import CURRENCIES, ITEM_COMMANDS, STOCK_COMMANDS
from tests.support.given import a_balance, an_id, an_item


@dataclass(frozen=True)
class Decider:
    """What the harness needs of one: ``broken`` says in words which invariant a step breaks, or None."""

    blank: Any
    commands: st.SearchStrategy[Any]
    decide: Callable[[Any, Any], Sequence[Any]]
    evolve: Callable[[Any, Any], Any]
    broken: Callable[[Any, Any, Sequence[Any]], str | None]
    on_wire: Callable[[Any], object | None] = lambda event: event


def decide_item(item: Item | None, command: ItemCommand) -> Sequence[ItemEvent]:
    if isinstance(command, CreateItem):
        if item is not None:
            raise SkuTaken("taken")
        return (create_item(command, an_item().id),)
    if item is None:
        raise ItemNotFound("none")
    return amend_item(item, command)


def broken_item(before: Item | None, after: Item | None, events: Sequence[ItemEvent]) -> str | None:
    if after is None:
        return "an event made no item" if events else None
    if not 0 <= after.scale <= SCALE_MAX or after.backorder_limit < 0 or (after.price and after.price.minor < 0):
        return "terms no item can have"
    if after.backorder_limit and after.tracking is not Tracking.NONE:
        return "what nobody knows the lot of is owed"
    if len({after.uom, *(unit.name for unit in after.units)}) != 1 + len(after.units):
        return "two units of one name"
    if before and (before.id, before.sku, before.scale, before.tracking, before.components) != (
        after.id,
        after.sku,
        after.scale,
        after.tracking,
        after.components,
    ):
        return "what never changes has changed"
    if after.version != (before.version if before else 0) + len(events):
        return "the version does not count events"
    return (
        "an event changed nothing" if before and events and replace(after, version=before.version) == before else None
    )


def total(balance: Balance) -> int:
    return sum(getattr(balance, bucket) for bucket in BUCKETS)


def inflow(movement: Movement) -> int:
    """Base units the movement brings from the world outside, negative for what it sends there."""
    return movement.quantity * ((movement.source not in BUCKETS) - (movement.target not in BUCKETS))


def broken_stock(before: Balance, after: Balance, movements: Sequence[Movement]) -> str | None:
    if any(movement.quantity <= 0 for movement in movements):
        return "a movement of nothing"
    if any(movement.source is movement.target for movement in movements):
        return "a movement from an account to itself"
    if total(after) != total(before) + sum(map(inflow, movements)):
        return "something appeared or vanished inside"
    return violation(after)


@dataclass(frozen=True)
class PutOnAccount:
    minor: int
    currency: str


@dataclass(frozen=True)
class WasPutOnAccount:
    minor: int


def decide_credit(
    account: CreditAccount, command: SetCreditLimit | PutOnAccount
) -> Sequence[CreditLimitSet | WasPutOnAccount]:
    if isinstance(command, SetCreditLimit):
        return (set_limit(account, command),)
    words = refusal(account, command.minor, command.currency)
    if words:
        raise Rejected(words)
    return (WasPutOnAccount(minor=command.minor),)


def evolve_credit(account: CreditAccount, event: CreditLimitSet | WasPutOnAccount) -> CreditAccount:
    if isinstance(event, CreditLimitSet):
        return replace(account, limit=event.limit, version=account.version + 1)
    return hold(account, event.minor)


def broken_credit(before: CreditAccount, after: CreditAccount, events: Sequence[object]) -> str | None:
    if after.exposure > max(before.exposure, after.limit.minor):
        return "promised more than the limit"
    if after.exposure and before.exposure and after.limit.currency != before.limit.currency:
        return "a debt changed its currency"
    return None if after.limit.minor >= 0 else "a negative limit"


DECIDERS = {
    "item": Decider(blank=None, commands=ITEM_COMMANDS, decide=decide_item, evolve=evolve_item, broken=broken_item),
    "stock": Decider(
        blank=a_balance(),
        commands=STOCK_COMMANDS,
        decide=decide_stock,
        evolve=evolve_stock,
        broken=broken_stock,
        on_wire=lambda movement: StockMoved(group=GroupId(an_id(1)), movements=(movement,)),
    ),
    "stock on backorder": Decider(
        blank=a_balance(backorder_limit=5),
        commands=STOCK_COMMANDS,
        decide=decide_stock,
        evolve=evolve_stock,
        broken=broken_stock,
    ),
    "order": Decider(
        blank=orders.BLANK,
        commands=orders.CHANGES,
        decide=orders.decide_change,
        evolve=evolve_order,
        broken=orders.broken,
    ),
    "return": Decider(
        blank=orders.SENT,
        commands=orders.RETURNS,
        decide=orders.decide_change,
        evolve=evolve_order,
        broken=orders.broken_return,
    ),
    "credit": Decider(
        blank=CreditAccount(id=an_id(1), customer="acme", limit=Money(minor=0, currency="GBP")),
        commands=st.builds(
            SetCreditLimit,
            customer=st.just("acme"),
            limit=st.builds(Money, minor=st.integers(-1, 60), currency=CURRENCIES),
        )
        | st.builds(PutOnAccount, minor=st.integers(0, 30), currency=CURRENCIES),
        decide=decide_credit,
        evolve=evolve_credit,
        broken=broken_credit,
        on_wire=lambda event: event if isinstance(event, CreditLimitSet) else None,
    ),
}
DECIDERS["stock on backorder"] = replace(DECIDERS["stock on backorder"], on_wire=DECIDERS["stock"].on_wire)

each_decider = pytest.mark.parametrize("decider", DECIDERS.values(), ids=DECIDERS)


def commands_of(decider: Decider, data: st.DataObject) -> list[Any]:
    return data.draw(st.lists(decider.commands, max_size=12))


def events_of(outcomes: Sequence[Any]) -> list[Any]:
    return [event for outcome in outcomes if not isinstance(outcome, DomainError) for event in outcome]


@each_decider
@given(data=st.data())
def test_invariants_hold_after_every_command(decider: Decider, data: st.DataObject) -> None:
    state = decider.blank
    for command in commands_of(decider, data):
        after, (outcome,) = decide_each(decider.decide, decider.evolve, state, [command])
        events = [] if isinstance(outcome, DomainError) else outcome
        assert decider.broken(state, after, events) is None
        state = after


@each_decider
@given(data=st.data())
def test_replaying_all_events_gives_the_state(decider: Decider, data: st.DataObject) -> None:
    state, outcomes = decide_each(decider.decide, decider.evolve, decider.blank, commands_of(decider, data))
    assert replay(decider.evolve, decider.blank, events_of(outcomes)) == state


@each_decider
@given(data=st.data())
def test_a_refused_command_changes_nothing(decider: Decider, data: st.DataObject) -> None:
    commands = commands_of(decider, data)
    state, outcomes = decide_each(decider.decide, decider.evolve, decider.blank, commands)
    passed = [
        command for command, outcome in zip(commands, outcomes, strict=True) if not isinstance(outcome, DomainError)
    ]
    again, repeated = decide_each(decider.decide, decider.evolve, decider.blank, passed)
    assert again == state
    assert events_of(repeated) == events_of(outcomes)


@each_decider
@given(data=st.data())
def test_a_batch_of_n_equals_n_batches_of_one(decider: Decider, data: st.DataObject) -> None:
    commands = commands_of(decider, data)
    together, outcomes = decide_each(decider.decide, decider.evolve, decider.blank, commands)
    state, singles = decider.blank, []
    for command in commands:
        state, outcome = decide_each(decider.decide, decider.evolve, state, [command])
        singles += outcome
    assert state == together
    assert events_of(singles) == events_of(outcomes)


@each_decider
@given(data=st.data())
def test_every_event_survives_the_wire(decider: Decider, data: st.DataObject) -> None:
    _, outcomes = decide_each(decider.decide, decider.evolve, decider.blank, commands_of(decider, data))
    for event in map(decider.on_wire, events_of(outcomes)):
        if event is not None:
            assert decode_event(*encode_event(event)) == event


@given(commands=st.lists(STOCK_COMMANDS, max_size=12), limit=st.integers(0, 5))
def test_every_group_takes_from_one_account_what_it_gives_to_another(commands: list[Any], limit: int) -> None:
    _, outcomes = decide_each(decide_stock, evolve_stock, a_balance(backorder_limit=limit), commands)
    for outcome in outcomes:
        if not isinstance(outcome, DomainError):
            accounts = dict.fromkeys(Account, 0)
            for movement in outcome:
                accounts[movement.source] -= movement.quantity
                accounts[movement.target] += movement.quantity
            assert sum(accounts.values()) == 0
