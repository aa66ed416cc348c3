"""Watches every commit for promises of lots: nothing of a blocked one, none while an earlier one has stock there."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from adapters.memory.session import Session
from adapters.memory.store import Store, Writes
from adapters.memory.tables import BALANCES, ENTRIES, LOTS, Key, Table
from composition.simulation.clock import moment
from composition.simulation.loop import SimulatedLoop
from core.inventory.balance import Account, EntryKind
from core.inventory.lot import Lot, first_expired_first, promisable
from core.kernel.ids import NO_LOT

PROMISES = (EntryKind.COMMIT, EntryKind.RESERVE)


class LotWatch:
    """Adds what it finds to ``findings``."""

    def __init__(self, loop: SimulatedLoop, store: Store, findings: list[str]) -> None:
        self._loop = loop
        self._store = store
        self._findings = findings
        self._filled: dict[Key, datetime] = {}
        store.before_commit.append(self._commit)

    def _commit(self, process: str, transaction_id: int | None, writes: Writes) -> None:
        chosen, freed = _chosen_at(writes), _freed_by(writes)
        for shelf in sorted(_taken_from(writes)):
            lot = self._row(writes, LOTS, (shelf[0], shelf[3]))
            if not self._may_go(lot):
                self._findings.append(f"lots: {process} promised of {lot.code}, which is {lot.status}")
            for other in self._beside(writes, shelf, freed) if shelf[:3] not in chosen else ():
                if first_expired_first(other)[0] < first_expired_first(lot)[0]:
                    self._findings.append(f"lots: {process} took {lot.code} while {other.code} was there")
        for key in writes.get(BALANCES, {}):
            self._filled[key] = moment(self._loop)

    def _beside(self, writes: Writes, shelf: Key, freed: Counter[Key]) -> Iterator[Lot]:
        """Lots at the same place that something might have been promised of all along, as the transaction knew."""
        for key in [*self._store.table(BALANCES)]:
            if key[:3] != shelf[:3] or key[3] in (NO_LOT, shelf[3]):
                continue
            # What it does not hold was empty when it looked. A batch may hold for a later part what was not there yet
            # when an earlier one was decided, and a later part may free what was reserved then.
            holder = self._store.locks.holder((BALANCES, key))
            mine = isinstance(holder, Session) and holder.writes is writes and self._filled[key] < holder.now
            lot = self._row(writes, LOTS, (key[0], key[3]))
            if mine and self._row(writes, BALANCES, key).balance.available > freed[key] and self._may_go(lot):
                yield lot

    def _may_go(self, lot: Lot) -> bool:
        return promisable(lot, moment(self._loop).date())

    def _row(self, writes: Writes, table: Table[Any], key: Key) -> Any:
        own = writes.get(table, {})
        return own[key] if key in own else self._store.table(table)[key]


def _chosen_at(writes: Writes) -> set[Key]:
    """(tenant, item, location) where a person gave one lot back for another of his choice."""
    return {
        (key[0], row.movement.key.item, row.movement.key.location)
        for key, row in writes.get(ENTRIES, {}).items()
        if row.movement.kind is EntryKind.UNCOMMIT
    }


def _freed_by(writes: Writes) -> Counter[Key]:
    """Base units the transaction itself made available, by (tenant, item, location, lot)."""
    freed: Counter[Key] = Counter()
    for key, row in writes.get(ENTRIES, {}).items():
        if row.movement.target is Account.AVAILABLE:
            shelf = row.movement.key
            freed[key[0], shelf.item, shelf.location, shelf.lot] += row.movement.quantity
    return freed


def _taken_from(writes: Writes) -> set[Key]:
    """(tenant, item, location, lot) of every lot that something available was promised of."""
    return {
        (key[0], shelf.item, shelf.location, shelf.lot)
        for key, row in writes.get(ENTRIES, {}).items()
        if (shelf := row.movement.key).lot != NO_LOT
        and row.movement.kind in PROMISES
        and row.movement.source is Account.AVAILABLE
    }
