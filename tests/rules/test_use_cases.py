"""Use cases over the memory twin: gather, decide, save, and one event for each change."""

from decimal import Decimal

import pytest

from adapters.memory.identity import MemoryCredentials
from adapters.memory.views.inventory import MemoryInventoryView
from core.acceptance.policies import PolicySet, SetPolicy, UnknownLane
from core.acceptance.use_cases.set_policy import set_policy
from core.catalogue.item import (
    AmendItem,
    CreateItem,
    CreateItems,
    InvalidItem,
    Item,
    ItemAmended,
    ItemCreated,
    ItemNotFound,
    SkuTaken,
)
from core.catalogue.use_cases.amend_item import amend_item
from core.catalogue.use_cases.create_items import create_items
from core.configuration.flag import Flag, FlagSet, SetFlag
from core.configuration.use_cases.set_flag import set_flag
from core.credit.account import CreditLimitSet, InvalidLimit, SetCreditLimit
from core.credit.use_cases.set_credit_limit import set_credit_limit
from core.identity.api_key import ApiKeyIssued, IssueApiKey, UnknownScope, read_token
from core.identity.use_cases.issue_api_key import issue_api_key
from core.intake.submission import LanePolicy
from core.inventory.acts import Act, AllocateStock, ChangeStock, StockAct, StockChanged, UnknownLocation, UnknownSku
from core.inventory.balance import StockMoved
from core.inventory.location import CreateLocation, Location, LocationCreated, LocationKind, LocationTaken
from core.inventory.ranking import AllocationPolicy
from core.inventory.stock import InsufficientStock, InvalidMovement
from core.inventory.use_cases.allocate_stock import allocate_stock
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.create_location import create_location
from core.kernel.errors import DomainError
from core.kernel.ids import ItemId, named_stream
from core.kernel.money import Money
from core.kernel.quantity import InvalidQuantity
from core.tenants.tenant import CreateTenant, TenantCreated
from core.tenants.use_cases.create_tenant import create_tenant
from tests.support.given import NOW, OTHER_TENANT, TENANT, an_id
from tests.support.twin import Twin

PRICE = Money(minor=250, currency="GBP")


def create(twin: Twin, *skus: str, scale: int = 0, backorder_limit: int = 0) -> list[Item | DomainError]:
    items = tuple(CreateItem(sku=sku, name=sku, scale=scale, backorder_limit=backorder_limit) for sku in skus)
    return twin.run(create_items, CreateItems(items=items), new_id=twin.new_id)


def open_location(twin: Twin, code: str = "W1", *, priority: int = 100) -> Location:
    command = CreateLocation(code=code, kind=LocationKind.WAREHOUSE, priority=priority)
    return twin.run(create_location, command, new_id=twin.new_id)


def an_act(act: Act, quantity: str, *, sku: str = "A", location: str = "W1", reason: str | None = "why") -> StockAct:
    return StockAct(act=act, sku=sku, location=location, quantity=Decimal(quantity), reason=reason)


def change(twin: Twin, *acts: StockAct) -> list[StockChanged | DomainError]:
    return twin.run(change_stock, ChangeStock(acts=acts), new_id=twin.new_id)


def available(twin: Twin) -> dict[tuple[str, str], int]:
    rows = twin.see(
        MemoryInventoryView(twin.database).stock(TENANT, sku=None, location=None, after=("", "", ""), limit=99)
    )
    return {(row.sku, row.location): row.balance.available for row in rows}


def bodies(twin: Twin) -> list[object]:
    return [event.body for event in twin.events()]


def refusals(outcomes: list[StockChanged | DomainError]) -> list[type[DomainError] | None]:
    return [type(outcome) if isinstance(outcome, DomainError) else None for outcome in outcomes]


def test_a_tenant_is_created_under_the_id_the_context_names() -> None:
    twin = Twin()
    tenant = twin.run(create_tenant, CreateTenant(name="acme"), tenant=OTHER_TENANT)
    assert (tenant.id, tenant.name, tenant.created_at) == (OTHER_TENANT, "acme", NOW)
    (event,) = twin.events(OTHER_TENANT)
    assert event.body == TenantCreated(tenant_id=OTHER_TENANT, name="acme")
    assert (event.stream, event.version) == (OTHER_TENANT, 1)


def test_items_that_can_be_are_created_and_the_others_say_why() -> None:
    twin = Twin()
    create(twin, "OLD")
    commands = (
        CreateItem(sku="A", name="a", price=PRICE),
        CreateItem(sku="OLD", name="again"),
        CreateItem(sku="A", name="twice"),
        CreateItem(sku="B", name="b", scale=99),
        CreateItem(sku="B", name="b"),
    )
    outcomes = twin.run(create_items, CreateItems(items=commands), new_id=twin.new_id)
    assert [type(outcome) for outcome in outcomes] == [Item, SkuTaken, SkuTaken, InvalidItem, Item]
    created = [body for body in bodies(twin) if isinstance(body, ItemCreated)]
    assert [(body.sku, body.name) for body in created] == [("OLD", "OLD"), ("A", "a"), ("B", "b")]


def test_an_amended_item_counts_its_events() -> None:
    twin = Twin()
    (item,) = create(twin, "A")
    assert isinstance(item, Item)
    amended = twin.run(amend_item, AmendItem(id=item.id, price=PRICE))
    assert (amended.price, amended.version) == (PRICE, 2)
    assert twin.run(amend_item, AmendItem(id=item.id, price=PRICE)) == amended
    assert [type(body) for body in bodies(twin)] == [ItemCreated, ItemAmended]
    assert [event.version for event in twin.events()] == [1, 2]


def test_what_is_not_there_is_not_amended() -> None:
    with pytest.raises(ItemNotFound):
        Twin().run(amend_item, AmendItem(id=ItemId(an_id(1))))


def test_a_location_code_is_taken_once() -> None:
    twin = Twin()
    location = open_location(twin)
    with pytest.raises(LocationTaken) as refused:
        open_location(twin)
    assert refused.value.path == "$.code"
    (event,) = twin.events()
    assert isinstance(event.body, LocationCreated)
    assert (event.stream, event.version) == (location.id, 1)


def test_each_act_on_stock_sees_those_before_it_and_a_refused_one_changes_nothing() -> None:
    twin = Twin()
    create(twin, "A", "B")
    open_location(twin)
    outcomes = change(
        twin,
        an_act(Act.RECEIVE, "5"),
        an_act(Act.ADJUST, "-6"),
        an_act(Act.RECEIVE, "7", sku="B"),
        an_act(Act.COUNT, "5"),
        an_act(Act.ADJUST, "-5"),
        an_act(Act.RECEIVE, "0.5"),
        an_act(Act.ADJUST, "1", reason=None),
        an_act(Act.RECEIVE, "1", sku="NOPE"),
        an_act(Act.RECEIVE, "1", location="NOWHERE"),
    )
    assert refusals(outcomes) == [
        None,
        InsufficientStock,
        None,
        None,
        None,
        InvalidQuantity,
        InvalidMovement,
        UnknownSku,
        UnknownLocation,
    ]
    assert available(twin) == {("A", "W1"): 0, ("B", "W1"): 7}
    moved = [event for event in twin.events() if isinstance(event.body, StockMoved)]
    assert [event.version for event in moved] == [1, 1, 2]
    assert len({event.stream for event in moved}) == 2
    assert twin.violations() == []


def test_a_change_answers_with_the_shelf_as_it_then_is() -> None:
    twin = Twin()
    create(twin, "A", scale=1)
    open_location(twin)
    received, counted = change(twin, an_act(Act.RECEIVE, "1.5"), an_act(Act.COUNT, "1.5"))
    assert isinstance(received, StockChanged)
    assert isinstance(counted, StockChanged)
    assert (received.balance.available, received.balance.version, received.scale) == (15, 1, 1)
    assert (counted.movements, counted.balance) == ((), received.balance)


def test_an_allocation_outside_an_order_commits_stock_in_one_group() -> None:
    twin = Twin()
    (item,) = create(twin, "A")
    assert isinstance(item, Item)
    open_location(twin, "W1", priority=1)
    open_location(twin, "W2", priority=2)
    change(twin, an_act(Act.RECEIVE, "5"), an_act(Act.RECEIVE, "5", location="W2"))
    command = AllocateStock(name=item.id, quantity=Decimal(8), channel="pos")
    allocated = twin.run(allocate_stock, command, new_id=twin.new_id)
    assert (allocated.sku, allocated.scale, allocated.short) == ("A", 0, 0)
    assert [part.quantity for part in allocated.allocations[0].allocation.parts] == [5, 3]
    assert available(twin) == {("A", "W1"): 0, ("A", "W2"): 2}
    moved = [event for event in twin.events() if isinstance(event.body, StockMoved)]
    assert [event.version for event in moved] == [1, 1, 2, 2]
    entries = twin.see(MemoryInventoryView(twin.database).entries(TENANT, "A", before=None, limit=9))
    assert entries is not None
    assert [(row.group, row.cause) for row in entries[:2]] == [(allocated.group, "channel:pos")] * 2
    assert twin.violations() == []


@pytest.mark.parametrize(("quantity", "dry_run"), [(8, True), (11, False)])
def test_a_dry_run_and_a_short_allocation_only_say_where_from(quantity: int, dry_run: bool) -> None:
    twin = Twin()
    create(twin, "A")
    open_location(twin)
    change(twin, an_act(Act.RECEIVE, "10"))
    command = AllocateStock(name="A", quantity=Decimal(quantity), channel="pos", dry_run=dry_run)
    allocated = twin.run(allocate_stock, command, new_id=twin.new_id)
    assert allocated.group is None
    assert allocated.promised == min(quantity, 10)
    assert available(twin) == {("A", "W1"): 10}


def test_an_allocation_may_use_the_backorder_limit_and_the_tenants_policy() -> None:
    twin = Twin()
    create(twin, "A", backorder_limit=3)
    open_location(twin, "W1", priority=1)
    open_location(twin, "W2", priority=2)
    change(twin, an_act(Act.RECEIVE, "1"), an_act(Act.RECEIVE, "4", location="W2"))
    twin.run(set_policy, SetPolicy(policy=AllocationPolicy(rules=("most_stock",))))
    command = AllocateStock(name="A", quantity=Decimal(8), channel="pos")
    assert twin.run(allocate_stock, command, new_id=twin.new_id).group is not None
    assert available(twin) == {("A", "W1"): 0, ("A", "W2"): -3}


@pytest.mark.parametrize(
    ("name", "quantity", "error"), [("B", "1", UnknownSku), ("A", "0", InvalidMovement), ("A", "0.5", InvalidQuantity)]
)
def test_an_allocation_that_makes_no_sense_is_refused(name: str, quantity: str, error: type[DomainError]) -> None:
    twin = Twin()
    create(twin, "A")
    command = AllocateStock(name=name, quantity=Decimal(quantity), channel="pos")
    with pytest.raises(error):
        twin.run(allocate_stock, command, new_id=twin.new_id)


def test_a_credit_limit_opens_an_account_and_then_changes_it() -> None:
    twin = Twin()
    opened = twin.run(set_credit_limit, SetCreditLimit(customer="acme", limit=PRICE), new_id=twin.new_id)
    assert (opened.limit, opened.exposure, opened.version) == (PRICE, 0, 1)
    raised = Money(minor=900, currency="EUR")
    changed = twin.run(set_credit_limit, SetCreditLimit(customer="acme", limit=raised), new_id=twin.new_id)
    assert (changed.id, changed.limit, changed.version) == (opened.id, raised, 2)
    assert bodies(twin) == [
        CreditLimitSet(account_id=opened.id, customer="acme", limit=limit) for limit in (PRICE, raised)
    ]
    assert [event.version for event in twin.events()] == [1, 2]


def test_a_negative_credit_limit_leaves_nothing_behind() -> None:
    twin = Twin()
    command = SetCreditLimit(customer="acme", limit=Money(minor=-1, currency="GBP"))
    with pytest.raises(InvalidLimit):
        twin.run(set_credit_limit, command, new_id=twin.new_id)
    assert bodies(twin) == []


def test_a_key_is_found_by_its_token_and_the_journal_does_not_know_the_secret() -> None:
    twin = Twin()
    command = IssueApiKey(name="till", scopes=frozenset({"orders:write", "orders:read"}))
    key, token = twin.run(issue_api_key, command, new_id=twin.new_id, new_secret=lambda: "s" * 43)
    read = read_token(token)
    assert read is not None
    assert twin.see(MemoryCredentials(twin.database).find(*read)) == key
    assert bodies(twin) == [ApiKeyIssued(key_id=key.id, name="till", scopes=("orders:read", "orders:write"))]


def test_a_key_with_a_scope_there_is_none_of_is_not_issued() -> None:
    twin = Twin()
    command = IssueApiKey(name="till", scopes=frozenset({"orders:eat"}))
    with pytest.raises(UnknownScope):
        twin.run(issue_api_key, command, new_id=twin.new_id, new_secret=lambda: "s" * 43)
    assert bodies(twin) == []


def test_a_flag_is_switched_in_its_own_stream() -> None:
    twin = Twin()
    for enabled in (False, True):
        twin.run(set_flag, SetFlag(flag=Flag.RISK_ASSESSMENT, enabled=enabled))
    assert bodies(twin) == [FlagSet(flag=Flag.RISK_ASSESSMENT, enabled=enabled) for enabled in (False, True)]
    assert [(event.stream, event.version) for event in twin.events()] == [
        (named_stream(TENANT, "flag:RISK_ASSESSMENT"), version) for version in (1, 2)
    ]


def test_a_policy_is_replaced_in_its_own_stream() -> None:
    twin = Twin()
    policy = LanePolicy(channels={"pos": "high"}, customers={})
    assert twin.run(set_policy, SetPolicy(policy=policy)) == PolicySet(name="lanes", policy=policy)
    (event,) = twin.events()
    assert (event.stream, event.version, event.body) == (
        named_stream(TENANT, "policy:lanes"),
        1,
        PolicySet(name="lanes", policy=policy),
    )


def test_a_policy_that_breaks_a_rule_is_not_kept() -> None:
    twin = Twin()
    with pytest.raises(UnknownLane):
        twin.run(set_policy, SetPolicy(policy=LanePolicy(channels={"pos": "fast"}, customers={})))
    assert bodies(twin) == []
