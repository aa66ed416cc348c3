"""The scopes there are, and the one check."""

from enum import StrEnum

from core.kernel.errors import Forbidden


class Scope(StrEnum):
    """What a credential can be allowed, as ``<subject>:<read|write>``."""

    CATALOGUE_READ = "catalogue:read"
    CATALOGUE_WRITE = "catalogue:write"
    STOCK_READ = "stock:read"
    STOCK_WRITE = "stock:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    EVENTS_READ = "events:read"
    CREDIT_READ = "credit:read"
    CREDIT_WRITE = "credit:write"
    CONFIGURATION_READ = "configuration:read"
    CONFIGURATION_WRITE = "configuration:write"
    OPERATIONS_READ = "operations:read"
    OPERATIONS_WRITE = "operations:write"


ALL_SCOPES: frozenset[str] = frozenset(Scope)


class ScopeMissing(Forbidden):
    """The credential does not carry the scope the act needs."""

    code = "scope_missing"


def demand(held: frozenset[str], needed: Scope) -> None:
    """Raise ScopeMissing, naming the scope, unless it is held."""
    if needed not in held:
        raise ScopeMissing(f"this needs the scope {needed}")
