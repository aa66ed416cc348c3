"""Worlds for the laws: small numbers, so that shelves run empty and limits are met."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar, get_args

from hypothesis import strategies as st

from core.acceptance.facts import Facts, LotOnShelf, Requested
from core.acceptance.policies import POLICY_TYPES, Policies, PolicySet
from core.catalogue.item import AmendItem, CreateItem, ItemCommand
from core.configuration.flag import Flag
from core.credit.account import CreditAccount
from core.intake.submission import Address, OrderRequest, RequestedLine
from core.inventory.balance import Account
from core.inventory.location import Location
from core.inventory.lot import Lot, LotStatus
from core.inventory.ranking import RULES, AllocationPolicy, Candidate
from core.inventory.stock import AdjustStock, CommitStock, CountStock, MoveStock, ReceiveStock, StockCommand
from core.kernel.goods import Component, Tracking, Unit
from core.kernel.ids import ItemId, LotId, TenantId
from core.kernel.money import Money
from core.risk.assessment import RULES as RISK_RULES
from core.risk.assessment import CustomerHistory, RiskPolicy, Signals
from core.routing.selection import RoutingPolicy
from core.sagas.events import SagaStarted
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_key, a_location, a_submission, an_id, an_item

T = TypeVar("T")


def _often(*usual: T, seldom: Sequence[T]) -> st.SearchStrategy[T]:
    """Nine times in ten one of ``usual``: an order is a whole list of such choices, and most should be orders."""
    return st.integers(0, 9).flatmap(lambda roll: st.sampled_from(seldom if roll == 9 else usual))


FEW = st.integers(0, 12)
CURRENCIES = st.sampled_from(["GBP", "GBP", "GBP", "GBP", "JPY"])
MONEY = st.builds(Money, minor=st.integers(0, 500), currency=CURRENCIES)
COUNTRIES = st.sampled_from(["GB", "DE", None])

# What a field of a wire event can be; types not named here follow from their own fields.
st.register_type_strategy(
    datetime, st.integers(-(10**15), 10**15).map(lambda microseconds: NOW + timedelta(microseconds=microseconds))
)
st.register_type_strategy(
    Mapping, lambda kind: st.dictionaries(*(st.from_type(part) for part in get_args(kind)), max_size=4)
)
st.register_type_strategy(int, st.integers(-(2**63), 2**63 - 1))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
st.register_type_strategy(
    SagaStarted,
    st.builds(
        SagaStarted,
        saga_id=st.text(),
        name=st.text(),
        version=st.integers(1, 9),
        data=st.dictionaries(st.text(max_size=5), JSON, max_size=4),
    ),
)
st.register_type_strategy(Decimal, st.decimals(allow_nan=False, allow_infinity=False))
st.register_type_strategy(Money, st.builds(Money, minor=st.integers(-(10**15), 10**15), currency=CURRENCIES))
st.register_type_strategy(
    PolicySet,
    st.sampled_from(sorted(POLICY_TYPES)).flatmap(
        lambda name: st.builds(PolicySet, name=st.just(name), policy=st.from_type(POLICY_TYPES[name]))
    ),
)

UNITS = st.lists(
    st.builds(Unit, name=st.sampled_from(["each", "box", "roll"]), size=st.integers(0, 3)), max_size=2
).map(tuple)
ITEM_COMMANDS: st.SearchStrategy[ItemCommand] = st.one_of(
    st.builds(
        CreateItem,
        sku=st.just("SKU-1"),
        name=st.sampled_from("ab"),
        scale=st.integers(-1, 7),
        price=st.none() | MONEY,
        backorder_limit=st.integers(-1, 3),
        available_on=st.none() | st.dates(),
        tracking=st.sampled_from(Tracking),
        units=UNITS,
    ),
    st.builds(
        AmendItem,
        id=st.just(an_item().id),
        name=st.none() | st.sampled_from("ab"),
        uom=st.none() | st.sampled_from(["each", "box"]),
        price=st.none() | st.builds(Money, minor=st.integers(-1, 2), currency=CURRENCIES),
        backorder_limit=st.none() | st.integers(-1, 3),
        available_on=st.none() | st.dates(),
        units=st.none() | UNITS,
    ),
)

_KEY = st.just(a_key())
_REASON = st.just("because")
STOCK_COMMANDS: st.SearchStrategy[StockCommand] = st.one_of(
    st.builds(ReceiveStock, key=_KEY, quantity=st.integers(-1, 12)),
    st.builds(AdjustStock, key=_KEY, change=st.integers(-12, 12), reason=_REASON),
    st.builds(CountStock, key=_KEY, counted=st.integers(-1, 20), reason=_REASON),
    st.builds(
        MoveStock,
        key=_KEY,
        source=st.sampled_from(Account),
        target=st.sampled_from(Account),
        quantity=st.integers(-1, 12),
        reason=_REASON,
    ),
    st.builds(CommitStock, key=_KEY, quantity=st.integers(-1, 12)),
)

RISK_POLICIES = st.builds(
    RiskPolicy,
    weights=st.dictionaries(st.sampled_from(sorted(RISK_RULES)), st.integers(0, 1000)),
    large_total=FEW,
    many_units=FEW,
    burst_orders=st.integers(1, 4),
    credit_used_permille=st.integers(0, 1000),
    review_above=st.integers(0, 1000),
    reject_above=st.integers(0, 1000),
)
SIGNALS = st.builds(
    Signals,
    established_orders=st.integers(0, 2),
    recent_orders=FEW,
    total=st.integers(0, 20_000),
    units=st.integers(0, 100),
    new_ship_to=st.booleans(),
    credit_used_permille=st.integers(0, 1000),
)
CHANNELS = st.sampled_from([None, "api", "shop"])
_PLACES = st.sampled_from(["W0", "W1", "W2", "W3"])
ALLOCATION_POLICIES = st.builds(
    AllocationPolicy,
    rules=st.lists(st.sampled_from(sorted(RULES)), unique=True).map(tuple),
    preferred=st.lists(_PLACES, unique=True, max_size=2).map(tuple),
    costs=st.dictionaries(_PLACES, st.dictionaries(st.sampled_from(["GB", "*"]), st.integers(0, 3)), max_size=3),
    excluded=st.dictionaries(
        st.sampled_from(["api", "shop"]), st.lists(_PLACES, unique=True, max_size=2).map(tuple), max_size=1
    ),
    kept=st.dictionaries(
        st.sampled_from(["api", "shop"]),
        st.dictionaries(_PLACES | st.just("*"), st.integers(0, 6), max_size=2),
        max_size=2,
    ),
)


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    """Up to four locations, some of them owing."""
    return [
        Candidate(
            location=a_location(101 + n, f"W{n}", priority=draw(st.integers(1, 2)), country=draw(COUNTRIES)),
            available=draw(st.integers(-4, 9)),
            covers=draw(st.integers(0, 2)),
        )
        for n in range(draw(st.integers(0, 4)))
    ]


TENANTS = (TENANT, OTHER_TENANT)
CUSTOMERS = ("acme", "bolt")


@st.composite
def worlds(draw: st.DrawFn) -> Facts:
    """The facts of two tenants whose items share their SKUs."""
    world = Facts(today=NOW.date())
    parts = [draw(_world_of(number, tenant)) for number, tenant in enumerate(TENANTS, start=1)]
    return replace(
        world,
        items={key: item for part in parts for key, item in part.items.items()},
        locations={tenant: places for part in parts for tenant, places in part.locations.items()},
        available={item: found for part in parts for item, found in part.available.items()},
        lots={item: found for part in parts for item, found in part.lots.items()},
        histories={key: history for part in parts for key, history in part.histories.items()},
        accounts={key: account for part in parts for key, account in part.accounts.items()},
        policies={tenant: policies for part in parts for tenant, policies in part.policies.items()},
    )


@st.composite
def _world_of(draw: st.DrawFn, number: int, tenant: TenantId) -> Facts:
    places = [
        a_location(number * 1000 + n, f"W{n}", priority=draw(st.integers(1, 2)), country=draw(COUNTRIES))
        for n in range(draw(_often(1, 2, 3, seldom=[0])))
    ]
    items = [
        replace(
            an_item(
                number * 100 + n,
                scale=draw(st.integers(0, 1)),
                price=draw(_often(None, Money(minor=7, currency="GBP"), seldom=[Money(minor=9, currency="JPY")])),
                backorder_limit=draw(st.sampled_from([0, 0, 3])),
                units=(Unit(name="pair", size=20), Unit(name="third", size=3)),
            ),
            sku=f"SKU-{n}",
        )
        for n in (1, 2)
    ]
    by_lot = replace(an_item(number * 100 + 3, price=Money(minor=5, currency="GBP")), sku="LOT", tracking=Tracking.LOT)
    components = tuple(
        Component(item=item.id, sku=item.sku, quantity=draw(st.integers(1, 3)), scale=item.scale)
        for item in draw(st.sampled_from([[by_lot, items[0]], [items[0], by_lot], [by_lot], items]))
    )
    kit = replace(an_item(number * 100 + 4, price=Money(minor=11, currency="GBP")), sku="KIT", components=components)
    return Facts(
        items={(tenant, name): item for item in (*items, by_lot, kit) for name in (item.sku, item.id)},
        lots={by_lot.id: draw(_lots(by_lot.id, places, number))},
        locations={tenant: places},
        available={
            item.id: {
                place.id: draw(_often(9, 20, 40, seldom=[0, -item.backorder_limit]))
                for place in places
                if draw(_often(True, seldom=[False]))
            }
            for item in items
        },
        histories=draw(st.dictionaries(st.sampled_from([(tenant, name) for name in CUSTOMERS]), HISTORIES)),
        accounts={(tenant, name): draw(_account(number, name)) for name in CUSTOMERS if draw(st.booleans())},
        policies={tenant: draw(POLICIES)} if draw(st.integers(0, 2)) == 2 else {},
    )


@st.composite
def _lots(draw: st.DrawFn, item: ItemId, places: Sequence[Location], number: int) -> list[LotOnShelf]:
    """Up to four lots, some blocked or past their day, each at some of the places."""
    lots = [
        Lot(
            id=LotId(an_id(number * 10_000 + n)),
            item=item,
            code=f"L{n}",
            expires_on=draw(st.sampled_from([None, *(NOW.date() + timedelta(days=days) for days in (-1, 0, 1, 30))])),
            status=draw(_often(LotStatus.AVAILABLE, seldom=list(LotStatus))),
        )
        for n in range(draw(st.integers(1, 4)))
    ]
    return [
        LotOnShelf(lot=lot, location=place.id, available=draw(_often(3, 9, 20, seldom=[0])))
        for lot in lots
        for place in places
        if draw(st.booleans())
    ]


HISTORIES = st.integers(0, 3).flatmap(
    lambda recent: st.builds(
        CustomerHistory,
        orders=st.integers(recent, 6),
        window_started_at=st.sampled_from([NOW - timedelta(minutes=5), NOW - timedelta(hours=2)]),
        window_orders=st.just(recent),
        ship_to=st.sampled_from([None, "1||leeds||gb"]),
    )
)
POLICIES = st.builds(
    Policies,
    risk=st.just(RiskPolicy(weights={"first_order": 1, "burst": 600, "many_units": 300})) | RISK_POLICIES,
    allocation=ALLOCATION_POLICIES,
    routing=st.just(RoutingPolicy(by_country={"GB": "leeds"}, default_vendor="paris")),
    flags=st.fixed_dictionaries({Flag.RISK_ASSESSMENT: st.booleans()}),
)


def _account(number: int, customer: str) -> st.SearchStrategy[CreditAccount]:
    return st.builds(
        CreditAccount,
        id=st.just(an_id(number * 10 + CUSTOMERS.index(customer))),
        customer=st.just(customer),
        limit=_often(
            Money(minor=300, currency="GBP"), seldom=[Money(minor=0, currency="GBP"), Money(minor=9, currency="JPY")]
        ),
        exposure=st.integers(0, 299),
    )


LINES = st.builds(
    RequestedLine,
    sku=_often("SKU-1", "SKU-2", "LOT", "KIT", seldom=["NOPE"]),
    quantity=_often("1", "2", "3", "5", seldom=["8", "0.5", "0", "-2"]).map(Decimal),
    unit=_often(None, seldom=[None, "pair", "third", "each", "barrel"]),
    unit_price=_often(
        None, seldom=[Money(minor=minor, currency=currency) for minor in (-1, 50) for currency in ("GBP", "JPY")]
    ),
)
REQUESTS = st.builds(
    OrderRequest,
    items=st.lists(LINES, min_size=1, max_size=3).map(tuple) | st.just(()),
    customer=st.sampled_from([None, *CUSTOMERS]),
    currency=_often(None, "GBP", seldom=["QQQ"]),
    vendor_id=st.sampled_from([None, "v"]),
    ship_to=st.none() | st.builds(Address, line1=st.sampled_from("12"), city=st.just("Leeds"), country=COUNTRIES),
    text=st.sampled_from([None, "ten of the usual"]),
    refusal=_often(None, seldom=["a cancellation"]),
)


@st.composite
def batches(draw: st.DrawFn) -> list[Requested]:
    """Up to eight orders of two tenants."""
    requests = draw(st.lists(REQUESTS, max_size=8))
    return [
        Requested(
            submission=a_submission(500 + n, tenant=draw(st.sampled_from(TENANTS))),
            request=request,
            reviewed=draw(st.integers(0, 4)) == 0,
        )
        for n, request in enumerate(requests)
    ]
