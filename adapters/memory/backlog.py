"""Who waits for stock that was promised before there was any."""

from collections import Counter
from collections.abc import Collection, Iterator

from adapters.memory.inventory import in_order
from adapters.memory.session import Session
from adapters.memory.tables import BALANCES, JOURNAL, ORDERS, RELAYS
from core.execution.covering import Backlog, Waiting
from core.inventory.balance import BalanceKey
from core.kernel.ids import NO_LOT, TenantId


def backlog(session: Session, tenant: TenantId, shelves: Collection[BalanceKey]) -> Backlog:
    """See ports.execution.Dossiers."""
    waiting = tuple(one for whose, one in _waiting(session) if whose == tenant and one.shelf in shelves)
    return Backlog(waiting=waiting, available={one.shelf: _available(session, tenant, one.shelf) for one in waiting})


def uncovered(session: Session) -> Iterator[tuple[TenantId, BalanceKey, int, int]]:
    """The shelves that more is waited for than they owe: whose, which, how much is waited for, what is available."""
    sums: Counter[tuple[TenantId, BalanceKey]] = Counter()
    for tenant, one in _waiting(session):
        sums[tenant, one.shelf] += one.quantity
    for (tenant, shelf), units in sums.items():
        available = _available(session, tenant, shelf)
        if units > max(0, -available):
            yield tenant, shelf, units, available


def waits_for_what_is_there(session: Session) -> Iterator[tuple[str, str]]:
    """The shelves of the same kind whose events have all been carried on: whose, and what is wrong."""
    carried = min((row.place for _, row in session.scan(RELAYS)), default=(0, 0))
    to_come = {key[:2] for key, row in session.scan(JOURNAL) if row.place > carried}
    for tenant, shelf, units, available in uncovered(session):
        row = session.get(BALANCES, (tenant, *in_order(shelf)))
        if row is not None and (tenant, row.stream) not in to_come:
            yield tenant, f"item {shelf.item} at {shelf.location}: orders wait for {units}, available {available}"


def _waiting(session: Session) -> Iterator[tuple[TenantId, Waiting]]:
    for (tenant, known), order in session.scan(ORDERS):
        if order.accepted_at is None:
            continue
        for line in order.facts.lines:
            for part in line.parts:
                if part.backordered > 0:
                    shelf = BalanceKey(item=part.item or line.item, location=part.location, lot=part.lot or NO_LOT)
                    yield (
                        tenant,
                        Waiting(order=known, accepted_at=order.accepted_at, shelf=shelf, quantity=part.backordered),
                    )


def _available(session: Session, tenant: TenantId, shelf: BalanceKey) -> int:
    row = session.get(BALANCES, (tenant, *in_order(shelf)))
    assert row is not None, "what is waited for was promised from a balance"
    return row.balance.available
