"""From a seed that breaks something to the shortest list of choices that still breaks it.

A run is a list of choices (see choices.py), so leaving some out is running the same seed with fewer. First whole kinds
of choices are left out, then halves of the list, quarters and so on down to single ones (delta debugging); what is
left once nothing can go, or once the runs are used up, is the story.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from composition.simulation.choices import Choice
from composition.simulation.chronicle import Happening, listening
from composition.simulation.parts import Parts
from composition.simulation.run import QUIET_MINUTES, Result, simulate
from composition.simulation.story import Story
from composition.simulation.world import World

RUNS_MAX = 500
NAMED = re.compile(r"(I\d+|[a-z]+( [a-z]+)?)")


@dataclass
class _Shrinker:
    """``kept`` is the shortest list known to break the same thing."""

    run: Callable[[Collection[Choice] | None, Callable[[World], None]], Result]
    runs_max: int
    wanted: frozenset[str] = frozenset()
    kept: list[Choice] = field(default_factory=list)
    runs: int = 0

    def breaks(self, told: Collection[Choice] | None) -> bool:
        """Whether these choices still break it; then those of them that came to be made are kept."""
        worlds: list[World] = []
        self.runs += 1
        result = self.run(told, worlds.append)
        names = names_of(result.violations)
        if told is None:
            self.wanted = names
        if not names & self.wanted:
            return False
        self.kept = worlds[0].choices.made
        return True

    def without_kinds(self) -> None:
        """Leave out all choices of a kind at once, the most frequent kinds first."""
        kinds = sorted({one.what for one in self.kept}, key=lambda kind: (-self._count(kind), kind))
        for kind in kinds:
            rest = [one for one in self.kept if one.what != kind]
            if self.runs < self.runs_max and len(rest) < len(self.kept):
                self.breaks(rest)

    def without_parts(self) -> None:
        """Leave out smaller and smaller parts, the single ones again and again while that helps."""
        size = max(1, len(self.kept) // 2)
        while self.runs < self.runs_max:
            before, start = len(self.kept), 0
            while start < len(self.kept) and self.runs < self.runs_max:
                if not self.breaks(self.kept[:start] + self.kept[start + size :]):
                    start += size
            if size == 1 and len(self.kept) == before:
                return
            size = max(1, size // 2)

    def _count(self, kind: str) -> int:
        return sum(one.what == kind for one in self.kept)


def shrink(
    seed: int,
    kinds: Collection[str],
    parts: Callable[[], Parts] = Parts,
    *,
    quiet_minutes: float = QUIET_MINUTES,
    runs_max: int = RUNS_MAX,
) -> Story | None:
    """The story of ``seed`` over what ``parts`` makes, in no more than ``runs_max`` runs; None: nothing is broken."""

    def run(told: Collection[Choice] | None, listen: Callable[[World], None]) -> Result:
        return simulate(seed, kinds, parts(), quiet_minutes=quiet_minutes, told=told, listen=listen)

    shrinker = _Shrinker(run, runs_max)
    if not shrinker.breaks(None):
        return None
    before = len(shrinker.kept)
    shrinker.without_kinds()
    shrinker.without_parts()
    return _told(seed, run, shrinker, before)


def _told(
    seed: int,
    run: Callable[[Collection[Choice] | None, Callable[[World], None]], Result],
    shrinker: _Shrinker,
    before: int,
) -> Story:
    happenings: list[Happening] = []

    def listen(world: World) -> None:
        nonlocal happenings
        happenings = listening(world).happenings

    last = run(shrinker.kept, listen)
    return Story(
        seed=seed,
        plan=last.plan,
        violations=last.violations,
        choices=tuple(shrinker.kept),
        before=before,
        runs=shrinker.runs,
        happenings=tuple(happenings),
    )


def names_of(violations: Collection[str]) -> frozenset[str]:
    """What is broken, without its details: the invariant, or the first words of what nobody gave a number."""
    return frozenset(match[1] for text in violations if (match := NAMED.match(text)))
