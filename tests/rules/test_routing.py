"""Which vendor an order goes to, and by which rule."""

from core.routing.selection import OWN, RoutingDecision, RoutingPolicy, choose

POLICY = RoutingPolicy(by_country={"DE": "berlin"}, default_vendor="leeds")


def test_the_vendor_asked_for_comes_first() -> None:
    assert choose("paris", "DE", POLICY) == RoutingDecision(
        vendor="paris", rule="requested", candidates=("paris", "berlin", "leeds")
    )


def test_then_the_vendor_of_the_country_shipped_to() -> None:
    assert choose(None, "DE", POLICY) == RoutingDecision(
        vendor="berlin", rule="in_country", candidates=("berlin", "leeds")
    )


def test_then_the_default() -> None:
    everything_else = RoutingDecision(vendor="leeds", rule="default", candidates=("leeds",))
    assert choose(None, "FR", POLICY) == everything_else
    assert choose(None, None, POLICY) == everything_else


def test_a_vendor_two_rules_name_is_one_candidate() -> None:
    assert choose("leeds", None, POLICY).candidates == ("leeds",)


def test_a_tenant_that_never_chose_supplies_itself() -> None:
    assert choose(None, "DE", RoutingPolicy(by_country={})).vendor == OWN == "own"
