"""Flags and policies a tenant sets."""

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta, field

from core.acceptance.policies import Policies, PolicySet, SetPolicy
from core.configuration.flag import Flag, FlagSet, SetFlag
from core.identity.permission import Scope
from core.intake.submission import Lane, LanePolicy
from core.inventory.ranking import COST_MAX, AllocationPolicy
from core.inventory.ranking import RULES as ALLOCATION_RULES
from core.kernel.errors import NotFound
from core.orders.deadlines import LIMIT_MINUTES, FulfilmentPolicy
from core.risk.assessment import RULES as RISK_RULES
from core.risk.assessment import SCORE_MAX, RiskPolicy
from core.routing.selection import OWN, RoutingPolicy
from entrypoints.http.fields import Body, Code, Country, Shown, one_of
from entrypoints.http.routes import Call, Reply, Route

FLAGS = "/configuration/flags"
POLICIES = "/configuration/policies"
Permille = Annotated[int, Meta(ge=0, le=SCORE_MAX)]
Amount = Annotated[int, Meta(ge=0, le=10**12)]
Codes = Annotated[list[Code], Meta(max_length=1000)]
CountryOrAny = Annotated[str, Meta(pattern=r"^([A-Z]{2}|\*)$", description="ISO 3166 alpha-2, upper case, or *")]
Whole = Annotated[int, Meta(extra_json_schema={"minimum": 0, "maximum": COST_MAX})]
"""The bounds are for the reader of the document: the core refuses what is beyond them by its path."""
Minutes = Annotated[int, Meta(extra_json_schema={"minimum": 1, "maximum": LIMIT_MINUTES})]
Costs = Annotated[dict[CountryOrAny, Whole], Meta(max_length=300)]
Kept = Annotated[dict[Code, Whole], Meta(max_length=1000)]
Lanes = Annotated[dict[Code, Annotated[Code, one_of(lane.name.lower() for lane in Lane)]], Meta(max_length=1000)]


class FlagSwitch(Body):
    """On or off."""

    enabled: bool


class ShownFlag(Shown):
    """A flag as it stands for the tenant."""

    flag: Flag
    enabled: bool


class ShownFlags(Shown):
    """Every flag there is."""

    items: list[ShownFlag]


class NewRiskPolicy(Body):
    """Weights by rule in thousandths, limits, thresholds; what is left out takes its default."""

    weights: Annotated[dict[Annotated[Code, one_of(RISK_RULES)], Permille], Meta(max_length=100)]
    large_total: Amount = 10_000
    many_units: Amount = 50
    burst_orders: Amount = 5
    credit_used_permille: Amount = 800
    review_above: Permille = 700
    reject_above: Permille = 800


class NewAllocationPolicy(Body):
    """Allocation rules in order, and what some of them look at; locations are named by code.

    `costs`: by location, then by the country shipped to or `*`. `excluded`: by channel, locations it gets nothing
    from. `kept`: by channel, then by location or `*`, the last so many base units of every item there are for that
    channel alone.
    """

    rules: Annotated[list[Annotated[Code, one_of(ALLOCATION_RULES)]], Meta(min_length=1, max_length=20)]
    preferred: Codes = field(default_factory=list)
    costs: Annotated[dict[Code, Costs], Meta(max_length=1000)] = field(default_factory=dict)
    excluded: Annotated[dict[Code, Codes], Meta(max_length=1000)] = field(default_factory=dict)
    kept: Annotated[dict[Code, Kept], Meta(max_length=1000)] = field(default_factory=dict)


class NewRoutingPolicy(Body):
    """Vendors by the country shipped to, and the one for everything else."""

    by_country: Annotated[dict[Country, Code], Meta(max_length=300)]
    default_vendor: Code = OWN


class NewFulfilmentPolicy(Body):
    """Minutes a location has to answer what it is asked, and from then on to send all of it.

    What it does not answer in time is recalled and promised from elsewhere. Left out, nobody's answer is waited for.
    """

    answer_within_minutes: Minutes | None = None
    ship_within_minutes: Minutes = FulfilmentPolicy().ship_within_minutes


class NewLanePolicy(Body):
    """Which lane (high, normal, low) a channel or a customer is served in."""

    channels: Lanes
    customers: Lanes


async def list_flags(call: Call) -> Reply:
    """Every flag, with its default where it was never set."""
    flags = await call.parts.views.configuration.flags(call.tenant)
    return call.reply(ShownFlags(items=[ShownFlag(flag=flag, enabled=on) for flag, on in flags.items()]))


async def switch_flag(call: Call) -> Reply:
    """Switch a flag."""
    body: FlagSwitch = call.body
    return await call.run(SetFlag(flag=_flag(call.path["flag"]), enabled=body.enabled), _show_flag)


def _flag(name: str) -> Flag:
    if name not in set(Flag):
        raise NotFound(f"there is no flag '{name}'")
    return Flag(name)


def _show_flag(event: FlagSet) -> ShownFlag:
    return ShownFlag(flag=event.flag, enabled=event.enabled)


def _show_policy(event: PolicySet) -> object:
    return event.policy


def _risk(body: NewRiskPolicy) -> RiskPolicy:
    return RiskPolicy(
        weights=body.weights,
        large_total=body.large_total,
        many_units=body.many_units,
        burst_orders=body.burst_orders,
        credit_used_permille=body.credit_used_permille,
        review_above=body.review_above,
        reject_above=body.reject_above,
    )


def _allocation(body: NewAllocationPolicy) -> AllocationPolicy:
    return AllocationPolicy(
        rules=tuple(body.rules),
        preferred=tuple(body.preferred),
        costs=body.costs,
        excluded={channel: tuple(codes) for channel, codes in body.excluded.items()},
        kept=body.kept,
    )


def _policy_routes(name: str, body: Any, policy: Any, read: Callable[[Any], Any]) -> tuple[Route, Route]:
    """The two routes of one policy: read it, replace it."""

    async def get_policy(call: Call) -> Reply:
        policies: Policies = await call.parts.views.policies.policies(call.tenant)
        return call.reply(getattr(policies, name))

    async def put_policy(call: Call) -> Reply:
        return await call.run(SetPolicy(policy=read(call.body)), _show_policy)

    return (
        Route(
            method="GET", path=f"{POLICIES}/{name}", summary=f"The {name} policy", handle=get_policy,
            tag="configuration", answer=policy, scope=Scope.CONFIGURATION_READ,
        ),
        Route(
            method="PUT", path=f"{POLICIES}/{name}", summary=f"Replace the {name} policy", handle=put_policy,
            tag="configuration", body=body, answer=policy, scope=Scope.CONFIGURATION_WRITE, refusals=(409, 422),
        ),
    )  # fmt: skip


ROUTES = (
    Route(
        method="GET", path=FLAGS, summary="List flags", handle=list_flags, tag="configuration",
        answer=ShownFlags, scope=Scope.CONFIGURATION_READ,
    ),
    Route(
        method="PUT", path=f"{FLAGS}/{{flag:str}}", summary="Switch a flag", handle=switch_flag, tag="configuration",
        body=FlagSwitch, answer=ShownFlag, scope=Scope.CONFIGURATION_WRITE, refusals=(404, 409, 422),
    ),
    *_policy_routes("risk", NewRiskPolicy, RiskPolicy, _risk),
    *_policy_routes("allocation", NewAllocationPolicy, AllocationPolicy, _allocation),
    *_policy_routes(
        "routing", NewRoutingPolicy, RoutingPolicy,
        lambda body: RoutingPolicy(by_country=body.by_country, default_vendor=body.default_vendor),
    ),
    *_policy_routes(
        "fulfilment", NewFulfilmentPolicy, FulfilmentPolicy,
        lambda body: FulfilmentPolicy(
            answer_within_minutes=body.answer_within_minutes, ship_within_minutes=body.ship_within_minutes
        ),
    ),
    *_policy_routes(
        "lanes", NewLanePolicy, LanePolicy,
        lambda body: LanePolicy(channels=body.channels, customers=body.customers),
    ),
)  # fmt: skip
