"""What a tenant may tune about acceptance, with the defaults that hold until it does."""

from collections.abc import Mapping
from dataclasses import field

from core.configuration.flag import DEFAULTS, Flag
from core.intake.submission import LanePolicy
from core.inventory import ranking
from core.inventory.ranking import AllocationPolicy
from core.kernel.errors import DomainError
from core.kernel.value import value
from core.orders import deadlines
from core.orders.deadlines import FulfilmentPolicy
from core.risk import assessment
from core.risk.assessment import RiskPolicy
from core.routing import selection
from core.routing.selection import RoutingPolicy

Policy = RiskPolicy | AllocationPolicy | RoutingPolicy | LanePolicy | FulfilmentPolicy

POLICY_TYPES: Mapping[str, type[Policy]] = {
    "risk": RiskPolicy,
    "allocation": AllocationPolicy,
    "routing": RoutingPolicy,
    "lanes": LanePolicy,
    "fulfilment": FulfilmentPolicy,
}
"""Each policy by the name it is stored and served under."""


@value
class Policies:
    """One tenant's policies and flags."""

    risk: RiskPolicy = assessment.DEFAULT
    allocation: AllocationPolicy = AllocationPolicy()
    routing: RoutingPolicy = RoutingPolicy(by_country={})
    lanes: LanePolicy = LanePolicy(channels={}, customers={})
    fulfilment: FulfilmentPolicy = FulfilmentPolicy()
    flags: Mapping[Flag, bool] = field(default_factory=lambda: DEFAULTS)


DEFAULT = Policies()


@value
class SetPolicy:
    """Replace the tenant's policy of this kind."""

    policy: Policy


@value
class PolicySet:
    """The policy called ``name`` is ``policy`` from now on."""

    name: str
    policy: Policy


def name_of(policy: Policy) -> str:
    """The name ``policy`` is stored under."""
    return next(name for name, kind in POLICY_TYPES.items() if isinstance(policy, kind))


def check(policy: Policy) -> None:
    """Raise the DomainError of the rule the policy breaks: it names a rule there is none of, or a lane."""
    match policy:
        case RiskPolicy():
            assessment.check_policy(policy)
        case AllocationPolicy():
            ranking.check_policy(policy)
        case LanePolicy():
            _check_lanes(policy)
        case FulfilmentPolicy():
            deadlines.check_policy(policy)
        case RoutingPolicy():
            selection.check_policy(policy)


class UnknownLane(DomainError):
    """A lane there is none of."""

    code = "unknown_lane"


def _check_lanes(policy: LanePolicy) -> None:
    for group, lanes in (("channels", policy.channels), ("customers", policy.customers)):
        for key, lane in lanes.items():
            if lane not in ("high", "normal", "low"):
                raise UnknownLane(f"'{lane}' is none of high, normal, low", path=f"$.{group}.{key}")
