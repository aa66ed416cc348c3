"""Scopes: what is not held is forbidden."""

import pytest

from core.identity.permission import ALL_SCOPES, Scope, ScopeMissing, demand
from core.kernel.errors import Kind


def test_a_held_scope_opens() -> None:
    demand(frozenset({"orders:read"}), Scope.ORDERS_READ)


def test_a_missing_scope_is_named() -> None:
    with pytest.raises(ScopeMissing, match="orders:write") as refused:
        demand(ALL_SCOPES - {"orders:write"}, Scope.ORDERS_WRITE)
    assert refused.value.kind is Kind.FORBIDDEN


@pytest.mark.parametrize("scope", Scope)
def test_nothing_opens_without_scopes(scope: Scope) -> None:
    with pytest.raises(ScopeMissing):
        demand(frozenset(), scope)
