"""The swarm: each seed draws which kinds of faults it has and how often they come.

A world in which everything goes wrong at once hides what goes wrong only where most things go well: an outage cuts
short the very run a late event would have spoilt. So half of the seeds have every kind at its usual rate, and the
others leave some out and have the rest rarer or more often.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from random import Random

from composition.simulation.buggify import KIND, POINTS

KINDS = (
    "crash",  # a process dies with everything it had open, and comes back
    "unknown",  # a commit gets no answer: it happened, it did not, or it will
    "conflict",  # a transaction is chosen to give way
    "outage",  # the storage is away for a while, for one process or for all
    "delivery",  # events come again, late, in another order, or only some of them
    "pause",  # a process stands still, past its leases
    "skew",  # processes disagree about the time, by minutes
    "poison",  # an order whose decision raises, always or at first
    "killer",  # an order whose decision takes the process with it
    "buggify",  # what is nearly always decided one way is decided the other (see buggify.py)
    "silence",  # hearts beat so slowly that the living are taken for dead
)
WHOLE_SHARE, KEPT_SHARE = 0.5, 0.75
POINT_SHARE = 0.4
"""Of the points at which decisions can be perturbed a seed has so many, if it has any."""
FACTORS = (0.5, 1.0, 2.0)
DEVIATIONS = (0.1, 0.5, 1.0)
SIZES = (0.1, 0.1, 0.15, 0.15, 0.2, 0.3, 0.5, 1.0)
"""Most stories are small, because many short ones find more than few long ones; some need a crowd."""


@dataclass(kw_only=True, slots=True)
class Rates:
    """How often, per occasion."""

    crash: float = 0.25
    commit_crash: float = 0.015
    outage: float = 0.15
    nap: float = 0.08
    unknown: float = 0.06
    conflict: float = 0.004
    delivery: float = 0.35
    pause: float = 0.8
    saga_pause: float = 0.1
    """A saga takes many leases; were nearly all of them slept over, none would come far while things go wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What may go wrong in one seed."""

    kinds: tuple[str, ...]
    rates: Rates
    points: tuple[str, ...] = ()
    size: float = 1.0
    deviations: float = 1.0
    """At which share of the steps somebody else goes than whoever has been ready for longest."""

    def times(self, random: Random, least: int, most: int) -> int:
        """How often somebody does what he does: so often, more or less, as the story is large or small."""
        return max(1, round(random.randint(least, most) * self.size))

    @property
    def words(self) -> str:
        """The kinds, and the rates that are not the usual ones."""
        usual = Rates()
        other = [
            f"{field.name} {getattr(self.rates, field.name):g}"
            for field in fields(Rates)
            if getattr(self.rates, field.name) != getattr(usual, field.name)
        ]
        points = [f"points {', '.join(self.points)}"] if self.points else []
        rest = [f"out of turn {self.deviations:g}", f"size {self.size:g}"]
        return "; ".join([", ".join(self.kinds) or "none", *other, *points, *rest])


def plan_of(seed: int, kinds: Collection[str]) -> Plan:
    """The plan of ``seed`` where no more than ``kinds`` may go wrong. One kind alone is never left out."""
    random = Random(f"plan {seed}")
    named = tuple(kind for kind in KINDS if kind in kinds)
    if len(named) < 2 or random.random() < WHOLE_SHARE:
        return _plan(seed, named, Rates())
    kept = tuple(kind for kind in named if random.random() < KEPT_SHARE)
    usual = Rates()
    scaled = {
        field.name: min(1.0, getattr(usual, field.name) * random.choice(FACTORS))
        for field in fields(Rates)
        if field.name not in ("pause", "saga_pause")
    }
    return _plan(seed, kept, Rates(**scaled))


def _plan(seed: int, kinds: tuple[str, ...], rates: Rates) -> Plan:
    random = Random(f"points {seed}")
    points = tuple(point for point in POINTS if random.random() < POINT_SHARE)
    deviations, size = random.choice(DEVIATIONS), random.choice(SIZES)
    return Plan(kinds=kinds, rates=rates, points=points if KIND in kinds else (), size=size, deviations=deviations)
