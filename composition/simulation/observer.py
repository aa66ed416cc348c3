"""Watches every commit: the trace, what falls due, whose leases are whose."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from adapters.memory.store import Store, Writes
from adapters.memory.tables import INTAKE_JOBS, JOBS, ORDERS, RELAYS, SAGAS, WORKERS, Key, QueueRow
from composition.simulation.clock import Naps, moment
from composition.simulation.loop import SimulatedLoop
from composition.simulation.lots import LotWatch
from core.kernel.event import RecordedEvent
from core.sagas.queues import STEPS, TIMEOUTS

RELAY = "in-process"


class Observer:
    """``findings`` are violations that can only be seen while they happen."""

    def __init__(self, loop: SimulatedLoop, store: Store, naps: Naps) -> None:
        self.findings: list[str] = []
        self.delivered: set[tuple[str, str, int]] = set()
        self._loop = loop
        self._store = store
        LotWatch(loop, store, self.findings)
        self._naps = naps
        self._trace = blake2b(digest_size=12)
        self._leases: dict[int, str] = {}
        self._streams: dict[tuple[str, str], int] = {}
        store.before_commit.append(self._commit)
        store.after_end.append(self._end)

    def trace(self) -> str:
        """A digest of all that was committed, by whom, when and in which order."""
        return self._trace.hexdigest()

    def publishing(self, events: Sequence[RecordedEvent]) -> None:
        """The relay hands these over: each stream's events must come in order, repeats aside."""
        for event in events:
            stream = (event.tenant, event.stream)
            last = self._streams.get(stream, 0)
            if event.version > last + 1:
                self.findings.append(f"I7: stream {stream} jumps from version {last} to {event.version}")
            self._streams[stream] = max(last, event.version)
            self.delivered.add(event.key)

    def _commit(self, process: str, transaction_id: int | None, writes: Writes) -> None:
        tables = ",".join(f"{table.name}:{len(rows)}" for table, rows in writes.items())
        self._trace.update(f"{self._loop.time():.6f} {process} {transaction_id} {tables}\n".encode())
        withdrawn = self._withdrawn(writes)
        for key, row in writes.get(JOBS, {}).items():
            if row is not None or key not in withdrawn:
                self._watch_lease(process, key, row)

    def _withdrawn(self, writes: Writes) -> set[Key]:
        """Jobs that may be taken away from whoever has them: the review of an order that is cancelled, and the time
        limit of a saga's step that is answered."""
        orders = [(key[0], row) for key, row in writes.get(ORDERS, {}).items() if row is not None and row.cancelled_at]
        before = self._store.table(SAGAS)
        sagas = [(key, before[key].saga.waits_for) for key in writes.get(SAGAS, {}) if key in before]
        reviews = {(tenant, order.facts.intake_id) for tenant, order in orders}
        return reviews | {(key[0], limit) for key, limit in sagas if limit is not None}

    def _end(self, writes: Writes) -> None:
        """Wake whoever looks for what the transaction wrote, or held until now."""
        if INTAKE_JOBS in writes:
            self._naps.hint("orders")
        for key, row in writes.get(JOBS, {}).items():
            known = row or self._store.table(JOBS).get(key)
            if known is not None:
                self._naps.hint(poller_of(known))
        # What is read ends below the oldest transaction running, so the end of any may let the relay go on.
        if not relayed(self._store) and writes.keys() - {WORKERS, RELAYS}:
            self._naps.hint("relay")

    def _watch_lease(self, process: str, key: Key, row: QueueRow | None) -> None:
        now = moment(self._loop)
        before: Any = self._store.table(JOBS).get(key)
        leasing = row is not None and row.leased and (before is None or before.fence != row.fence)
        if before is not None and before.leased:
            if leasing and before.run_at > now:
                self.findings.append(f"I9: job {key[1]} was leased to {process} while another still held it")
            if not leasing and self._leases.get(before.fence) != process:
                self.findings.append(f"I9: {process} ended a lease of {self._leases.get(before.fence)}")
        elif before is not None and before.run_at is not None and not leasing:
            self.findings.append(f"I9: {process} ended job {key[1]}, which nobody had leased")
        if row is not None and leasing:
            if before is not None and row.attempts != before.attempts + 1:
                self.findings.append(f"I10: job {key[1]} was leased and the attempt not counted")
            self._leases[row.fence] = process
        if row is not None and row.run_at is not None and row.run_at > now:
            due = (row.run_at - now).total_seconds() + self._loop.time()
            self._naps.hint_at(due, poller_of(row), lambda: self._store.table(JOBS).get(key) is row)


def poller_of(row: QueueRow) -> str:
    """Which of a worker's loops takes jobs like this one."""
    return "sagas" if row.queue in (STEPS, TIMEOUTS) else "jobs"


def relayed(store: Store) -> bool:
    """Whether the relay has come to the end of the journal."""
    relay = store.table(RELAYS).get((RELAY,))
    return relay is not None and relay.place >= store.last_place()
