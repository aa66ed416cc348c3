"""Decisions that are right either way and nearly always taken the same way: the seed takes them the other way.

A worker may leave at any time, a relay may read one event only, a delay may be short or long. No promise is broken by
it, so what breaks is a defect. Production code knows nothing of it: the points are in what it is put together from
(see buggified.py) and in what its constructors are told.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from composition.simulation.choices import Choices

POINTS: Mapping[str, float] = {
    "relay-reads-one": 0.3,  # one event, and the rest the next time
    "relay-gives-way": 0.1,  # as if another held its place
    "published-singly": 0.2,  # each event by itself, though they were read together
    "claims-one": 0.3,  # one submission, though more wait
    "claims-nothing": 0.1,  # as if another worker had been faster
    "leaves-early": 0.1,  # a worker stops, as when it is scaled down, and comes again
    "misses-a-beat": 0.2,  # a worker does not say that it is alive
    "other-batch": 0.5,  # a worker decides in batches of another size
    "append-waits": 0.2,  # intake begins to write later: more of it in one append
    "appends-singly": 0.5,  # an API writes what it takes in one by one, several at a time
    "lease-finds-nothing": 0.05,  # as if another worker had been faster
    "lease-ends-early": 0.05,  # the lease is over after a moment
    "job-twice": 0.2,  # a step of a saga is handed over twice under one lease
    "delay-collapses": 0.2,  # what was to wait is due almost at once, time limits too
    "delay-stretches": 0.1,  # it waits for a multiple of it
    "long-statement": 0.03,  # a slow round trip takes seconds: a transaction stands still between two statements
    "sweep-early": 0.3,  # ended holds are swept again at once
    "sweep-left-out": 0.3,  # or not at all this time
}
"""How often each is taken where a seed has it, per occasion."""
KIND = "buggify"


class Buggify:
    """``points`` are those the seed has; ``resting`` says whether nothing is to be perturbed now."""

    def __init__(self, points: tuple[str, ...], choices: Choices, resting: Callable[[], bool]) -> None:
        self.times: Counter[str] = Counter()
        self.tell: Callable[[str], None] = lambda point: None
        self._points = frozenset(points)
        self._choices = choices
        self._resting = resting

    def __call__(self, point: str) -> int:
        """Whether ``point`` is taken the other way now: the choice's value, or zero."""
        if point not in self._points or self._resting():
            return 0
        value = self._choices.draw(point, POINTS[point])
        if value:
            self.times[point] += 1
            self.tell(point)
        return value
