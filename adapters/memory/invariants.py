"""DESIGN 9's invariants over the memory tables: the same predicates, under the same names, as the database has."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date
from typing import Any

from adapters.memory.backlog import waits_for_what_is_there
from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import (
    BALANCES,
    DEAD,
    ENTRIES,
    FULFILMENTS,
    INTAKE,
    INTAKE_JOBS,
    ITEMS,
    JOBS,
    JOURNAL,
    ORDERS,
    RESERVATIONS,
    SAGAS,
    SNAPSHOT_DAYS,
    SNAPSHOTS,
    TRANSFERS,
    Key,
    LedgerRow,
    Table,
)
from core.inventory.balance import BUCKETS, Account, Balance, BalanceKey
from core.inventory.reservation import ReservationState
from core.inventory.stock import evolve
from core.inventory.transfer import TransferState
from core.kernel.goods import Tracking
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


def _held_for_orders(session: Session) -> Found:
    at_hand = (Account.COMMITTED, Account.PICKED)
    held: Counter[Key] = Counter()
    for (tenant, item, _, _), entry in session.scan(ENTRIES):
        kind, _, order = (entry.cause or "").partition(":")
        if kind == "order":
            movement = entry.movement
            change = (movement.target in at_hand) - (movement.source in at_hand)
            held[tenant, order, item] += change * movement.quantity
    due: Counter[Key] = Counter()
    for (tenant, order_id), kept in session.scan(ORDERS):
        for line in kept.facts.lines:
            for item, quantity in line.promised.items():
                due[tenant, order_id, item] += quantity - line.sent[item]
    for key in sorted({*held, *due}):
        if held[key] != due[key]:
            yield key[0], f"order {key[1]} item {key[2]}: promised and not sent {due[key]}, in the ledger {held[key]}"


def _ends(session: Session) -> Found:
    for (tenant, intake), kept in session.scan(INTAKE):
        tables: tuple[Table[Any], ...] = (INTAKE_JOBS, JOBS, DEAD)
        waiting = any(session.get(table, (tenant, intake)) is not None for table in tables)
        if not waiting and session.get(ORDERS, (tenant, kept.order_id)) is None:
            yield tenant, f"submission {intake} is nowhere: no order, no job, no dead letter"


def _lines_in_bounds(session: Session) -> Found:
    for (tenant, order_id), order in session.scan(ORDERS):
        for line in order.facts.lines:
            if not line.shipped <= line.allocated <= line.due or max(line.delivered, line.returned) > line.shipped:
                yield tenant, f"order {order_id} line {line.number}"


def _asked_for(session: Session) -> Found:
    asked: Counter[Key] = Counter()
    for (tenant, _), (_, one) in session.scan(FULFILMENTS):
        for wanted in one.lines:
            asked[tenant, one.order, wanted.line] += wanted.quantity
    for (tenant, order_id), order in session.scan(ORDERS):
        for line in order.facts.lines:
            promised, found = sum(line.promised.values()), asked[tenant, order_id, line.number]
            if promised != found:
                yield tenant, f"order {order_id} line {line.number}: promised {promised}, asked for {found}"


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


def _snapshots_fold(session: Session) -> Found:
    entered: dict[str, list[LedgerRow]] = defaultdict(list)
    for key, entry in session.scan(ENTRIES):
        entered[key[0]].append(entry)
    for (tenant,), days in session.scan(SNAPSHOT_DAYS):
        kept = {(key[1:4], key[4]): row for key, row in session.scan(SNAPSHOTS) if key[0] == tenant}
        grown: dict[tuple[Key, date], Balance] = {}
        for shelf, entries in _by_shelf(entered[tenant]).items():
            balance, touched = Balance(key=entries[0].movement.key), []
            for entry in sorted(entries, key=lambda entry: entry.recorded_at):
                balance = evolve(balance, entry.movement)
                touched.append((shelf, entry.recorded_at.astimezone(UTC).date()))
                grown[touched[-1]] = balance
            first = [place for place in touched if place[1] <= days.since][-1:]
            due = {*first, *(place for place in touched if days.since < place[1] <= days.through)}
            yield from ((tenant, f"item {shelf[0]} at {shelf[1]}, end of {day}: none") for shelf, day in due - {*kept})
        for place, row in kept.items():
            if place[1] <= days.through and row.balance != grown.get(place):
                yield tenant, f"item {place[0][0]} at {place[0][1]}, end of {place[1]}: {row.balance.available}"


def _by_shelf(entries: Iterable[LedgerRow]) -> Mapping[Key, list[LedgerRow]]:
    shelves: dict[Key, list[LedgerRow]] = defaultdict(list)
    for entry in entries:
        key = entry.movement.key
        shelves[key.item, key.location, key.lot].append(entry)
    return shelves


def _handed_over(session: Session) -> Found:
    between: Counter[Key] = Counter()
    for (tenant, item, group, _), entry in session.scan(ENTRIES):
        movement = entry.movement
        way = (movement.target is Account.TRANSFER) - (movement.source is Account.TRANSFER)
        between[tenant, group, item, movement.key.lot] += way * movement.quantity
    for (tenant, group, item, _), quantity in between.items():
        if quantity:
            yield tenant, f"group {group}, item {item}: {quantity} base units between two shelves"


def _under_way(session: Session) -> Found:
    under_way: Counter[Key] = Counter()
    for key, one in session.scan(TRANSFERS):
        if one.state is TransferState.IN_TRANSIT:
            for line in one.lines:
                under_way[key[0], line.item, one.transit, line.lot] += line.left
    kept = {key: row.balance.in_transit for key, row in session.scan(BALANCES)}
    for place in sorted({*kept, *under_way}):
        if kept.get(place, 0) != under_way[place]:
            yield (
                place[0],
                f"item {place[1]} at {place[2]}: in transit {kept.get(place, 0)}, under way {under_way[place]}",
            )


def _serials_are_one(session: Session) -> Found:
    serials = {key for key, item in session.scan(ITEMS) if item.tracking is Tracking.SERIAL}
    units: Counter[Key] = Counter()
    for key, row in session.scan(BALANCES):
        if key[:2] in serials:
            units[key[0], key[3]] += sum(getattr(row.balance, bucket) for bucket in BUCKETS)
    for (tenant, lot), count in units.items():
        if count > 1:
            yield tenant, f"serial {lot} is in stock {count} times"


CHECKS: Mapping[str, Callable[[Session], Found]] = {
    "I1 available >= -backorder limit": _within_bounds,
    "I2 balance = fold of its entries": _folds,
    "I3 what is promised = what orders hold": _held_for_orders,
    "I4 every submission ends": _ends,
    "I5 shipped <= allocated <= ordered - cancelled": _lines_in_bounds,
    "I5 locations are asked for what lines promise": _asked_for,
    "I6 every saga ends, or something moves it": _sagas_move,
    "I7 a stream's versions have no gap": _no_gap,
    "I8 an order is journaled as it stands": _journaled,
    "I10 a dead letter keeps its cause": _has_cause,
    "I11 what is reserved = what is held": _reserved_for_somebody,
    "I15 a snapshot = the fold of its entries": _snapshots_fold,
    "I2 what leaves a shelf by transfer arrives at another": _handed_over,
    "I11 what is in transit = what transfers have under way": _under_way,
    "I17 what orders wait for is owed": waits_for_what_is_there,
    "I16 a serial is one unit": _serials_are_one,
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
