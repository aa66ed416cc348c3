"""From request to promise: what is accepted, rejected, held, and what each decision changes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.acceptance.decision import decide_batch, digest
from core.acceptance.facts import Facts, Outcome, Requested, Working, names_of
from core.acceptance.policies import Policies
from core.acceptance.queues import status_of, tally
from core.configuration.flag import Flag
from core.credit.account import CreditAccount
from core.intake.submission import Address, RequestedLine
from core.inventory.balance import Account, EntryKind
from core.inventory.ranking import AllocationPolicy
from core.kernel.money import Money, extended
from core.orders.order import AllocatedPart, Reason
from core.risk.assessment import CustomerHistory, RiskDecision, RiskPolicy
from core.routing.selection import RoutingPolicy
from tests.support.given import (
    NOW,
    OTHER_TENANT,
    TENANT,
    a_balance,
    a_line,
    a_location,
    accepted,
    an_id,
    an_item,
    facts,
    held,
    reason_codes,
    rejected,
    requested,
)

PRICE = Money(minor=250, currency="GBP")
HERE, THERE = a_location(101, priority=1), a_location(102, priority=2)
GB = Address(line1="1 High Street", city="Leeds", postcode="LS1", country="GB")
STOCKED = facts(items=(an_item(price=PRICE),), locations=(HERE,), balances=(a_balance(available=10),))


def decide_one(order: Requested, world: Facts) -> Outcome:
    (outcome,) = decide_batch([order], Working(world), NOW)
    return outcome


def weighing(**weights: int) -> Policies:
    return Policies(risk=RiskPolicy(weights=weights, review_above=500, reject_above=800))


def test_an_order_that_stock_covers_is_promised_and_explained() -> None:
    outcome = decide_one(requested(a_line(quantity=4), customer="acme"), STOCKED)
    event = accepted(outcome)
    (line,) = event.facts.lines
    assert (line.number, line.sku, line.ordered, line.allocated, line.price) == (1, "SKU-1", 4, 4, 250)
    assert line.parts == (AllocatedPart(location=HERE.id, quantity=4),)
    assert (event.facts.total, event.facts.currency, event.facts.customer) == (1000, "GBP", "acme")
    assert (event.facts.order_id, event.facts.intake_id) == (an_id(100_201), an_id(201))
    assert (event.facts.received_at, event.facts.channel) == (NOW, "api")
    assert (event.vendor, event.explanation.credit) == ("own", "no account")
    assert event.explanation.risk is not None
    assert event.explanation.risk.hits == (("first_order", 300),)
    assert [line.number for line in event.explanation.allocation] == [1]
    (movement,) = outcome.movements
    assert (movement.kind, movement.source, movement.target, movement.quantity) == (
        EntryKind.COMMIT,
        Account.AVAILABLE,
        Account.COMMITTED,
        4,
    )
    assert outcome.history == CustomerHistory(orders=1, window_started_at=NOW, window_orders=1)


def test_a_line_is_found_by_id_too() -> None:
    line = RequestedLine(product_id=an_item().id, quantity=a_line().quantity)
    assert accepted(decide_one(requested(line), STOCKED)).facts.lines[0].sku == "SKU-1"


def test_an_order_without_a_customer_leaves_no_history() -> None:
    outcome = decide_one(requested(a_line()), STOCKED)
    accepted(outcome)
    assert (outcome.history, outcome.account, outcome.customer) == (None, None, None)


def test_an_order_is_promised_whole_or_not_at_all() -> None:
    world = facts(
        items=(an_item(1), an_item(2)),
        locations=(HERE,),
        balances=(a_balance(1, available=5), a_balance(2, available=1)),
    )
    outcome = decide_one(requested(a_line("SKU-1", 5), a_line("SKU-2", 3)), world)
    assert rejected(outcome).reasons == (
        Reason(
            code="insufficient_stock",
            detail="SKU-2: 2 of 3 base units are not available",
            path="$.items[1].quantity",
        ),
    )
    assert (outcome.movements, outcome.history, outcome.account) == ((), None, None)
    assert [line.allocated for line in rejected(outcome).facts.lines] == [0, 0]
    assert len(rejected(outcome).explanation.allocation) == 2


def test_two_lines_of_one_item_see_what_the_other_took() -> None:
    assert reason_codes(decide_one(requested(a_line(quantity=6), a_line(quantity=5)), STOCKED)) == [
        "insufficient_stock"
    ]
    accepted(decide_one(requested(a_line(quantity=6), a_line(quantity=4)), STOCKED))


def test_the_next_order_sees_what_this_one_took() -> None:
    orders = [requested(a_line(quantity=6), number=n) for n in (201, 202)]
    first, second = decide_batch(orders, Working(STOCKED), NOW)
    accepted(first)
    assert rejected(second).reasons[0].detail == "SKU-1: 2 of 6 base units are not available"


def test_a_rejected_order_leaves_its_stock_to_the_next() -> None:
    orders = [requested(a_line(quantity=11), number=201), requested(a_line(quantity=10), number=202)]
    first, second = decide_batch(orders, Working(STOCKED), NOW)
    rejected(first)
    accepted(second)


def test_a_backorder_item_is_promised_beyond_the_shelf_and_says_so() -> None:
    world = facts(
        items=(an_item(backorder_limit=5),),
        locations=(HERE,),
        balances=(a_balance(available=10, backorder_limit=5),),
    )
    event = accepted(decide_one(requested(a_line(quantity=15)), world))
    assert event.facts.lines[0].backordered == 5
    assert reason_codes(decide_one(requested(a_line(quantity=16)), world)) == ["insufficient_stock"]


def test_stock_at_a_place_that_is_not_for_sale_is_not_promised() -> None:
    world = facts(items=(an_item(),), locations=(HERE,), balances=(a_balance(location=102, available=10),))
    assert reason_codes(decide_one(requested(a_line()), world)) == ["insufficient_stock"]


def test_the_tenants_allocation_policy_and_the_country_decide_where_from() -> None:
    world = facts(
        items=(an_item(),),
        locations=(HERE, replace(THERE, country="GB")),
        balances=(a_balance(location=101, available=10), a_balance(location=102, available=10)),
        policies=Policies(allocation=AllocationPolicy(rules=("in_country", "priority"))),
    )
    abroad = accepted(decide_one(requested(a_line()), world))
    at_home = accepted(decide_one(requested(a_line(), ship_to=GB), world))
    assert abroad.facts.lines[0].parts[0].location == HERE.id
    assert at_home.facts.lines[0].parts[0].location == THERE.id


def test_an_accepted_order_goes_to_a_vendor() -> None:
    world = replace(
        STOCKED, policies={TENANT: Policies(routing=RoutingPolicy(by_country={"GB": "leeds"}, default_vendor="v"))}
    )
    assert accepted(decide_one(requested(a_line(), vendor_id="paris"), world)).vendor == "paris"
    assert accepted(decide_one(requested(a_line(), ship_to=GB), world)).vendor == "leeds"
    assert accepted(decide_one(requested(a_line()), world)).vendor == "v"


@pytest.mark.parametrize(
    ("line", "code", "path"),
    [
        (a_line("NOPE"), "unknown_item", "$.items[1].sku"),
        (RequestedLine(product_id=an_id(77), quantity=a_line().quantity), "unknown_item", "$.items[1].product_id"),
        (RequestedLine(quantity=a_line().quantity), "unknown_item", "$.items[1].product_id"),
        (a_line(quantity="0.5"), "invalid_quantity", "$.items[1].quantity"),
        (a_line(quantity=0), "invalid_quantity", "$.items[1].quantity"),
        (a_line(quantity=-4), "invalid_quantity", "$.items[1].quantity"),
        (a_line(quantity="NaN"), "invalid_quantity", "$.items[1].quantity"),
        (a_line(unit_price=Money(minor=5, currency="EUR")), "mixed_currencies", "$.items[1].unit_price"),
        (a_line(unit_price=Money(minor=-5, currency="GBP")), "invalid_money", "$.items[1].unit_price"),
    ],
)
def test_a_line_that_cannot_be_read_rejects_the_order_and_names_itself(
    line: RequestedLine, code: str, path: str
) -> None:
    outcome = decide_one(requested(a_line(), line), STOCKED)
    (reason,) = rejected(outcome).reasons
    assert (reason.code, reason.path) == (code, path)
    assert outcome.movements == ()
    assert rejected(outcome).explanation.risk is None


def test_a_rejected_line_never_asks_for_less_than_nothing() -> None:
    event = rejected(decide_one(requested(a_line(quantity=-4)), STOCKED))
    assert [line.ordered for line in event.facts.lines] == [0]
    assert event.facts.total == 0


def test_every_line_that_cannot_be_read_is_named() -> None:
    codes = reason_codes(decide_one(requested(a_line("NOPE"), a_line(quantity=0), a_line("NADA")), STOCKED))
    assert codes == ["unknown_item", "invalid_quantity", "unknown_item"]


def test_another_tenants_item_is_unknown() -> None:
    assert reason_codes(decide_one(requested(a_line(), tenant=OTHER_TENANT), STOCKED)) == ["unknown_item"]


def test_an_order_of_nothing_is_rejected() -> None:
    (reason,) = rejected(decide_one(requested(), STOCKED)).reasons
    assert (reason.code, reason.path) == ("no_items", "$.items")


def test_an_order_in_no_currency_there_is_is_rejected() -> None:
    unpriced = facts(items=(an_item(),), locations=(HERE,), balances=(a_balance(available=10),))
    (reason,) = rejected(decide_one(requested(a_line(), currency="QQQ"), unpriced)).reasons
    assert (reason.code, reason.path) == ("invalid_money", "$.currency")


def test_an_order_worth_more_than_money_can_count_is_rejected() -> None:
    line = a_line(quantity=10, unit_price=Money(minor=10**15, currency="GBP"))
    event = rejected(decide_one(requested(line), STOCKED))
    assert [reason.code for reason in event.reasons] == ["total_out_of_range"]
    assert event.facts.total == 0


def test_a_row_that_can_never_be_an_order_is_recorded_as_rejected() -> None:
    (reason,) = rejected(decide_one(requested(a_line(), refusal="a cancellation"), STOCKED)).reasons
    assert (reason.code, reason.detail) == ("not_an_order", "a cancellation")
    rejected(decide_one(requested(text="cancel it", refusal="a cancellation"), STOCKED))


def test_an_order_in_free_words_waits_for_a_person() -> None:
    outcome = decide_one(requested(text="ten of the usual"), STOCKED)
    assert [(reason.code, reason.path) for reason in held(outcome).reasons] == [("unread_text", "$.text")]
    assert outcome.movements == ()


def test_words_beside_lines_are_only_a_note() -> None:
    accepted(decide_one(requested(a_line(), text="please hurry"), STOCKED))


def test_the_buyers_price_comes_before_the_catalogues() -> None:
    event = accepted(decide_one(requested(a_line(unit_price=Money(minor=100, currency="EUR"))), STOCKED))
    assert (event.facts.total, event.facts.currency, event.facts.lines[0].price) == (100, "EUR", 100)


def test_an_order_without_prices_is_worth_nothing() -> None:
    unpriced = facts(items=(an_item(),), locations=(HERE,), balances=(a_balance(available=10),))
    event = accepted(decide_one(requested(a_line()), unpriced))
    assert (event.facts.total, event.facts.currency, event.facts.lines[0].price) == (0, None, None)


@pytest.mark.parametrize(
    ("price", "units", "scale", "minor"),
    [
        (250, 4, 0, 1000),
        (100, 1_500, 3, 150),
        (1, 500, 3, 0),
        (1, 1_500, 3, 2),
        (1, 2_500, 3, 2),
        (1, 501, 3, 1),
        (3, 333, 3, 1),
    ],
)
def test_a_part_of_a_unit_is_priced_to_the_nearest_penny_halves_to_even(
    price: int, units: int, scale: int, minor: int
) -> None:
    assert extended(price, units, 10**scale) == minor


def test_a_risky_order_is_rejected_and_says_which_rules_hit() -> None:
    outcome = decide_one(
        requested(a_line(), customer="acme"), replace(STOCKED, policies={TENANT: weighing(first_order=900)})
    )
    (reason,) = rejected(outcome).reasons
    assert (reason.code, reason.detail) == ("high_risk", "risk score 900 of 1000: first_order 900")
    explained = rejected(outcome).explanation
    assert explained.risk is not None
    assert explained.risk.decision is RiskDecision.REJECT
    assert (explained.credit, explained.allocation, explained.routing) == (None, (), None)
    assert outcome.movements == ()


def test_a_doubtful_order_waits_for_a_person_and_passes_once_reviewed() -> None:
    world = replace(STOCKED, policies={TENANT: weighing(first_order=600)})
    order = requested(a_line(), customer="acme")
    outcome = decide_one(order, world)
    assert [reason.code for reason in held(outcome).reasons] == ["fraud_review"]
    assert (outcome.movements, outcome.history) == ((), None)
    passed = accepted(decide_one(replace(order, reviewed=True), world))
    assert passed.explanation.risk is None


def test_risk_is_not_asked_when_it_is_switched_off() -> None:
    policies = replace(weighing(first_order=900), flags={Flag.RISK_ASSESSMENT: False})
    outcome = decide_one(requested(a_line()), replace(STOCKED, policies={TENANT: policies}))
    assert accepted(outcome).explanation.risk is None


def hits(outcome: Outcome) -> list[str]:
    assert outcome.event.explanation.risk is not None
    return [name for name, _ in outcome.event.explanation.risk.hits]


def world_for_risk(**weights: int) -> Facts:
    return facts(
        items=(an_item(1, scale=3, price=Money(minor=100, currency="GBP")),),
        locations=(HERE,),
        balances=(a_balance(available=10**9),),
        policies=Policies(risk=RiskPolicy(weights=weights)),
    )


@pytest.mark.parametrize(("quantity", "hit"), [("10000", []), ("10000.001", []), ("10000.01", ["large_total"])])
def test_a_total_is_large_from_the_first_penny_over_the_limit(quantity: str, hit: list[str]) -> None:
    assert hits(decide_one(requested(a_line(quantity=quantity)), world_for_risk(large_total=200))) == hit


@pytest.mark.parametrize(
    ("quantities", "hit"),
    [
        (["50"], []),
        (["50.001"], ["many_units"]),
        (["25", "25"], []),
        (["25.5", "25.5"], ["many_units"]),
        (["0.5"] * 60, []),
    ],
)
def test_units_are_many_from_the_first_fraction_over_the_limit(quantities: list[str], hit: list[str]) -> None:
    lines = [a_line(quantity=quantity) for quantity in quantities]
    assert hits(decide_one(requested(*lines), world_for_risk(many_units=100))) == hit


def test_a_burst_of_orders_in_one_batch_is_noticed() -> None:
    world = world_for_risk(burst=100)
    orders = [requested(a_line(), number=200 + n, customer="acme") for n in range(6)]
    assert [hits(outcome) for outcome in decide_batch(orders, Working(world), NOW)] == [[]] * 5 + [["burst"]]


def test_a_new_address_counts_only_against_a_known_one() -> None:
    elsewhere = replace(GB, line1="2 Low Road")
    world = world_for_risk(new_ship_to=100)
    orders = [
        requested(a_line(), number=200 + n, customer="acme", ship_to=ship_to)
        for n, ship_to in enumerate([None, GB, None, GB, elsewhere])
    ]
    assert [hits(outcome) for outcome in decide_batch(orders, Working(world), NOW)] == [[], [], [], [], ["new_ship_to"]]


def test_an_address_is_the_same_however_it_is_typed() -> None:
    assert digest(None) is None
    assert digest(replace(GB, line1=" 1 HIGH street ", name="Ann", phone="1")) == digest(GB)
    for other in (
        replace(GB, line1="2"),
        replace(GB, line2="2"),
        replace(GB, city="2"),
        replace(GB, postcode="2"),
        replace(GB, country="FR"),
    ):
        assert digest(other) != digest(GB)


def an_account(limit: int, exposure: int = 0) -> CreditAccount:
    return CreditAccount(id=an_id(9), customer="acme", limit=Money(minor=limit, currency="GBP"), exposure=exposure)


def test_an_order_on_account_takes_its_total_from_the_limit() -> None:
    world = replace(STOCKED, accounts={(TENANT, "acme"): an_account(1000)})
    orders = [requested(a_line(quantity=2), number=200 + n, customer="acme") for n in range(3)]
    first, second, third = decide_batch(orders, Working(world), NOW)
    assert accepted(first).explanation.credit == "within the limit"
    assert (first.account, second.account) == (an_account(1000, 500), an_account(1000, 1000))
    (reason,) = rejected(third).reasons
    assert (reason.code, reason.detail) == (
        "credit_limit_exceeded",
        "exposure 1000 + 500 exceeds the limit 1000 (GBP, minor units)",
    )
    assert rejected(third).explanation.credit == reason.detail
    assert (third.movements, third.account) == ((), None)


def test_an_account_nearly_used_up_is_a_risk() -> None:
    world = replace(world_for_risk(credit_nearly_used=100), accounts={(TENANT, "acme"): an_account(1000, 801)})
    assert hits(decide_one(requested(a_line(), customer="acme"), world)) == ["credit_nearly_used"]
    assert hits(decide_one(requested(a_line(), customer="other"), world)) == []


def test_an_order_rejected_for_stock_leaves_the_account_alone() -> None:
    world = replace(STOCKED, accounts={(TENANT, "acme"): an_account(10_000)})
    assert decide_one(requested(a_line(quantity=11), customer="acme"), world).account is None


def test_names_are_asked_once_for_each_tenant() -> None:
    batch = [
        requested(a_line("A"), a_line("A"), number=201),
        requested(RequestedLine(product_id="id", quantity=a_line().quantity), number=202),
        requested(a_line("A"), number=203, tenant=OTHER_TENANT),
    ]
    assert names_of(batch) == {(TENANT, "A"), (TENANT, "id"), (OTHER_TENANT, "A")}


def test_outcomes_are_counted_by_status() -> None:
    orders = [
        requested(a_line(), number=201),
        requested(a_line("NOPE"), number=202),
        requested(text="ten of the usual", number=203),
        requested(a_line(), number=204),
    ]
    outcomes = decide_batch(orders, Working(STOCKED), NOW)
    assert [status_of(outcome) for outcome in outcomes] == ["completed", "rejected", "needs_review", "completed"]
    assert tally(outcomes) == {"completed": 2, "rejected": 1, "needs_review": 1}


def test_an_order_placed_long_ago_is_judged_as_of_then() -> None:
    """A year of history imported in a minute is not a burst."""
    busy = {"acme": CustomerHistory(orders=5, window_started_at=NOW, window_orders=5)}
    world = replace(STOCKED, histories={(TENANT, "acme"): busy["acme"]}, policies={TENANT: weighing(burst=1000)})
    now = requested(a_line(), customer="acme")
    then = replace(now, request=replace(now.request, placed_at=NOW - timedelta(days=30)))
    assert reason_codes(decide_one(now, world)) == ["high_risk"]
    outcome = decide_one(then, world)
    assert reason_codes(outcome) == []
    assert outcome.history is not None
    assert outcome.history.window_started_at == NOW - timedelta(days=30)
