"""The vendor rules, walked in order until one answers."""

from collections.abc import Callable, Mapping

from core.kernel.value import value

OWN = "own"


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


Rule = Callable[[str | None, str | None, RoutingPolicy], str | None]

RULES: tuple[tuple[str, Rule], ...] = (
    ("requested", lambda requested, country, policy: requested),
    ("in_country", lambda requested, country, policy: policy.by_country.get(country) if country else None),
    ("default", lambda requested, country, policy: policy.default_vendor),
)
"""(name, rule): (vendor asked for, country shipped to, policy) -> vendor, or None for "the next rule decides"."""


def choose(requested: str | None, country: str | None, policy: RoutingPolicy) -> RoutingDecision:
    """The vendor of an order: the one it asks for, else its country's, else the default."""
    answers: dict[str, str] = {}
    for name, rule in RULES:
        vendor = rule(requested, country, policy)
        if vendor is not None:
            answers.setdefault(vendor, name)
    first = next(iter(answers))
    return RoutingDecision(vendor=first, rule=answers[first], candidates=tuple(answers))
