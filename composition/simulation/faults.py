"""What goes wrong, when and to whom: planned by the seed, ended by ``heal``."""

from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from adapters.memory.store import Fate, Faults
from adapters.memory.tables import Key, Table
from composition.simulation.plan import Plan

SKEW_SECONDS = 120.0


class PlannedFaults(Faults):
    """The storage's side of the plan, and the counting."""

    def __init__(self, seed: int, plan: Plan, now: Callable[[], float]) -> None:
        self.random = Random(f"faults {seed}")
        self.kinds = frozenset(plan.kinds)
        self.rates = plan.rates
        self.injected: Counter[str] = Counter()
        self.ebbing = False
        self.healed = False
        self._now = now
        self._outages: list[tuple[str | None, float]] = []

    def has(self, kind: str) -> bool:
        """Whether this kind may happen now."""
        return kind in self.kinds and not self.healed

    def chance(self, kind: str, probability: float) -> bool:
        """Whether ``kind`` happens now; counted when it does."""
        happens = self.has(kind) and self.random.random() < probability
        if happens:
            self.injected[kind] += 1
        return happens

    def heal(self) -> None:
        """Nothing goes wrong from now on."""
        self.healed = True
        self._outages.clear()

    def begin_outage(self, process: str | None, seconds: float) -> None:
        """The storage is away from ``process``, or from all, for so long."""
        self.injected["outage"] += 1
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
        return self.chance("conflict", self.rates.conflict)

    def fate(self, process: str, writes: Mapping[Table[Any], Mapping[Key, Any]]) -> Fate:
        """See Faults."""
        if self.chance("unknown", self.rates.unknown):
            return self.random.choice((Fate.UNKNOWN_LOST, Fate.UNKNOWN_DONE, Fate.UNKNOWN_LATE))
        return Fate.DONE
