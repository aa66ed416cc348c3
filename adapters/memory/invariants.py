"""DESIGN 9's invariants over the memory tables: the same predicates, under the same names, as the database has."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import (
    BALANCES,
    DEAD,
    ENTRIES,
    INTAKE,
    INTAKE_JOBS,
    JOBS,
    JOURNAL,
    ORDERS,
    RESERVATIONS,
    SAGAS,
    Key,
    Table,
)
from core.inventory.balance import BUCKETS, Balance, BalanceKey, EntryKind
from core.inventory.reservation import ReservationState
from core.inventory.stock import evolve
from core.kernel.ids import TenantId
from core.sagas.saga import MOVING
from ports.invariants import Violation

Found = Iterator[tuple[str, str]]
"""(tenant, what is wrong)."""


def _within_bounds(session: Session) -> Found:
    for key, row in session.scan(BALANCES):
        balance = row.balance
        if balance.available < -balance.backorder_limit or balance.available + balance.reserved + balance.committed < 0:
            yield key[0], f"item {key[1]} at {key[2]}: available {balance.available}, limit {-balance.backorder_limit}"


def _folds(session: Session) -> Found:
    folded: dict[Key, Balance] = {}
    for key, entry in session.scan(ENTRIES):
        shelf = entry.movement.key
        place = (key[0], shelf.item, shelf.location, shelf.lot)
        folded[place] = evolve(folded.get(place, Balance(key=shelf)), entry.movement)
    kept = {key: row.balance for key, row in session.scan(BALANCES)}
    for place in sorted({*kept, *folded}):
        empty = Balance(key=BalanceKey(item=place[1], location=place[2], lot=place[3]))
        have, due = kept.get(place), folded.get(place, empty)
        if have is None or any(getattr(have, bucket) != getattr(due, bucket) for bucket in BUCKETS):
            shown = have.available if have else None
            yield place[0], f"item {place[1]} at {place[2]}: available {shown}, entries say {due.available}"


def _promised_once(session: Session) -> Found:
    committed: Counter[Key] = Counter()
    for (tenant, item, group, _), entry in session.scan(ENTRIES):
        if entry.movement.kind is EntryKind.COMMIT:
            committed[tenant, group, item] += entry.movement.quantity
    for (tenant, order_id), order in session.scan(ORDERS):
        allocated: Counter[str] = Counter()
        for line in order.facts.lines:
            allocated[line.item] += line.allocated
        for item, quantity in allocated.items():
            if quantity != committed[tenant, order_id, item]:
                yield tenant, f"order {order_id}: allocated {quantity}, committed {committed[tenant, order_id, item]}"


def _ends(session: Session) -> Found:
    for (tenant, intake), kept in session.scan(INTAKE):
        tables: tuple[Table[Any], ...] = (INTAKE_JOBS, JOBS, DEAD)
        waiting = any(session.get(table, (tenant, intake)) is not None for table in tables)
        if not waiting and session.get(ORDERS, (tenant, kept.order_id)) is None:
            yield tenant, f"submission {intake} is nowhere: no order, no job, no dead letter"


def _lines_in_bounds(session: Session) -> Found:
    for (tenant, order_id), order in session.scan(ORDERS):
        for line in order.facts.lines:
            if not line.shipped <= line.allocated <= line.ordered - line.cancelled:
                yield tenant, f"order {order_id} line {line.number}"


def _sagas_move(session: Session) -> Found:
    for (tenant, saga), row in session.scan(SAGAS):
        if row.saga.status in MOVING:
            waiting = session.get(JOBS, (tenant, row.saga.waits_for))
            if waiting is None or waiting.run_at is None:
                yield tenant, f"saga {saga} is {row.saga.status}, and nothing will move it on"


def _no_gap(session: Session) -> Found:
    streams: dict[tuple[str, str], list[int]] = defaultdict(list)
    for (tenant, stream, version), _ in session.scan(JOURNAL):
        streams[tenant, stream].append(version)
    for (tenant, stream), versions in streams.items():
        if len(versions) != max(versions):
            yield tenant, f"stream {stream}: {len(versions)} events up to version {max(versions)}"


def _journaled(session: Session) -> Found:
    streams = {key[:2] for key, _ in session.scan(JOURNAL)}
    for key, _ in session.scan(ORDERS):
        if key not in streams:
            yield key[0], f"order {key[1]} has no event"


def _has_cause(session: Session) -> Found:
    for key, letter in session.scan(DEAD):
        if not letter.code or not letter.detail or letter.job.attempts < 0:
            yield key[0], f"dead letter {key[1]}"


def _reserved_for_somebody(session: Session) -> Found:
    held: Counter[Key] = Counter()
    for key, one in session.scan(RESERVATIONS):
        if one.state is ReservationState.HELD:
            for part in one.parts:
                held[key[0], part.key.item, part.key.location, part.key.lot] += part.quantity
    kept = {key: row.balance.reserved for key, row in session.scan(BALANCES)}
    for place in sorted({*kept, *held}):
        if kept.get(place, 0) != held[place]:
            yield place[0], f"item {place[1]} at {place[2]}: reserved {kept.get(place, 0)}, held {held[place]}"


CHECKS: Mapping[str, Callable[[Session], Found]] = {
    "I1 available >= -backorder limit": _within_bounds,
    "I2 balance = fold of its entries": _folds,
    "I3 what is promised = what orders hold": _promised_once,
    "I4 every submission ends": _ends,
    "I5 shipped <= allocated <= ordered - cancelled": _lines_in_bounds,
    "I6 every saga ends, or something moves it": _sagas_move,
    "I7 a stream's versions have no gap": _no_gap,
    "I8 an order is journaled as it stands": _journaled,
    "I10 a dead letter keeps its cause": _has_cause,
    "I11 what is reserved = what is held": _reserved_for_somebody,
}


class MemoryInvariants:
    """See ports.invariants.Invariants."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def violations(self, tenant: TenantId | None = None, limit: int = 100) -> Sequence[Violation]:
        """See the port."""
        async with self._database.dispatching() as session:
            if tenant is not None:
                session.narrow([tenant])
            return [
                Violation(invariant=name, tenant=whose, detail=detail)
                for name, check in CHECKS.items()
                for whose, detail in list(check(session))[:limit]
            ]
