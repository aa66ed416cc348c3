"""What goes wrong, when and to whom: planned by the seed, ended by ``heal``."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any

from adapters.memory.store import Fate, Faults
from adapters.memory.tables import JOBS, DeadRow, Key, QueueRow, Table
from composition.simulation.choices import Choices
from composition.simulation.plan import Plan
from entrypoints.worker.leases import WORKER_LOST

SKEW_SECONDS = 120.0
UNKNOWN = (Fate.UNKNOWN_LOST, Fate.UNKNOWN_DONE, Fate.UNKNOWN_LATE)


class PlannedFaults(Faults):
    """The storage's side of the plan, and the counting."""

    def __init__(self, plan: Plan, choices: Choices, now: Callable[[], float]) -> None:
        self.kinds = frozenset(plan.kinds)
        self.rates = plan.rates
        self.injected: Counter[str] = Counter()
        self._unheard: set[Key] = set()
        """Jobs that were leased without anybody hearing of it: an attempt was counted and none was made."""
        self.ebbing = False
        self.healed = False
        self.tell: Callable[[str, str], None] = lambda kind, whose: None
        """Told what goes wrong with whom."""
        self._choices = choices
        self._now = now
        self._outages: list[tuple[str | None, float]] = []

    def has(self, kind: str) -> bool:
        """Whether this kind may happen now."""
        return kind in self.kinds and not self.healed

    def draw(self, kind: str, probability: float, what: str | None = None, number: int | None = None) -> int:
        """Whether ``kind`` happens now: the choice's value, or zero; counted when it does."""
        value = self._choices.draw(what or kind, probability, number) if self.has(kind) else 0
        if value:
            self.injected[kind] += 1
        return value

    def dice(self, kind: str, probability: float) -> Random | None:
        """The same, as dice for how it happens."""
        value = self.draw(kind, probability)
        return Random(value) if value else None

    def explain(self, job: Key, letter: DeadRow | None) -> bool:
        """Whether the job was given up because attempts at it were counted that nobody made."""
        return letter is not None and letter.code == WORKER_LOST and job in self._unheard

    @contextmanager
    def none(self) -> Iterator[None]:
        """Nothing goes wrong meanwhile."""
        before, self.healed = self.healed, True
        yield
        self.healed = before

    def heal(self) -> None:
        """Nothing goes wrong from now on."""
        self.healed = True
        self._outages.clear()

    def begin_outage(self, process: str | None, seconds: float) -> None:
        """The storage is away from ``process``, or from all, for so long."""
        self.tell(f"outage of {seconds:.2f} s", process or "everybody")
        self._outages.append((process, self._now() + seconds))

    def reachable(self, process: str) -> bool:
        """See Faults."""
        if not self._outages:
            return True
        now = self._now()
        self._outages = [outage for outage in self._outages if outage[1] > now]
        return not any(whose is None or process.startswith(whose) for whose, _ in self._outages)

    def conflict(self, process: str) -> bool:
        """See Faults."""
        if not self.draw("conflict", self.rates.conflict):
            return False
        self.tell("conflict", process)
        return True

    def fate(self, process: str, writes: Mapping[Table[Any], Mapping[Key, Any]]) -> Fate:
        """See Faults."""
        value = self.draw("unknown", self.rates.unknown)
        if not value:
            return Fate.DONE
        fate = UNKNOWN[value % len(UNKNOWN)]
        self.tell(f"commit {fate.name}", process)
        if fate is not Fate.UNKNOWN_LOST:
            jobs: Mapping[Key, Any] = writes.get(JOBS, {})
            self._unheard |= {key for key, row in jobs.items() if isinstance(row, QueueRow) and row.leased}
        return fate
