"""The vendor rules, walked in order until one answers."""

from collections.abc import Callable, Mapping

from core.kernel.errors import Rejected
from core.kernel.value import maker, value

OWN = "own"
VENDOR_MAX = 64


class InvalidRoute(Rejected):
    """A routing policy that names what is no country, or no vendor."""

    code = "invalid_route"


@value
class RoutingPolicy:
    """Vendors by the country shipped to, and the one for everything else."""

    by_country: Mapping[str, str]
    default_vendor: str = OWN


@value
class RoutingDecision:
    """``rule`` chose ``vendor`` among ``candidates``."""

    vendor: str
    rule: str
    candidates: tuple[str, ...]


_decision = maker(RoutingDecision)
Rule = Callable[[str | None, str | None, RoutingPolicy], str | None]

RULES: tuple[tuple[str, Rule], ...] = (
    ("requested", lambda requested, country, policy: requested),
    ("in_country", lambda requested, country, policy: policy.by_country.get(country) if country else None),
    ("default", lambda requested, country, policy: policy.default_vendor),
)
"""(name, rule): (vendor asked for, country shipped to, policy) -> vendor, or None for "the next rule decides"."""


def check_policy(policy: RoutingPolicy) -> None:
    """Raise InvalidRoute unless countries are two capital letters and vendors have names."""
    for country, vendor in policy.by_country.items():
        if not (len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()):
            raise InvalidRoute(f"'{country[:40]}' is no ISO 3166 alpha-2 code", path="$.by_country")
        _check_vendor(vendor, f"$.by_country.{country}")
    _check_vendor(policy.default_vendor, "$.default_vendor")


def _check_vendor(vendor: str, path: str) -> None:
    if not 1 <= len(vendor) <= VENDOR_MAX:
        raise InvalidRoute(f"a vendor's name has 1 to {VENDOR_MAX} characters", path=path)


def choose(requested: str | None, country: str | None, policy: RoutingPolicy) -> RoutingDecision:
    """The vendor of an order: the one it asks for, else its country's, else the default."""
    answers: dict[str, str] = {}
    for name, rule in RULES:
        vendor = rule(requested, country, policy)
        if vendor is not None:
            answers.setdefault(vendor, name)
    first = next(iter(answers))
    return _decision(vendor=first, rule=answers[first], candidates=tuple(answers))
