"""What a seed chooses, one thing at a time: drawn and written down, or read from what somebody else wrote down.

Where nothing is chosen a run is the plain one: whoever became ready first goes first, a round trip takes no time,
nobody asks for anything and nothing goes wrong. So a run is a list of choices, and a shorter list is a shorter story:
every choice is called by what it is about and its number among those, and carries the dice for all else it needs.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from random import Random

SCHEDULE = "schedule"
SIDES = 2**30
"""A choice's value is one of so many, and never zero."""


@dataclass(frozen=True, order=True, slots=True)
class Choice:
    """``number`` counts the occasions for ``what``; ``at`` is when it was made, if it was."""

    what: str
    number: int
    value: int
    at: float = field(default=0.0, compare=False)


class Choices:
    """``told``: no others than these are made. ``deviations``: the share of steps at which not the first one goes."""

    def __init__(self, seed: int, told: Collection[Choice] | None = None, deviations: float = 1.0) -> None:
        self.made: list[Choice] = []
        self.now: Callable[[], float] = lambda: 0.0
        self._random = Random(f"choices {seed}")
        self._told = None if told is None else {(one.what, one.number): one.value for one in told}
        self._deviations = deviations
        self._occasions: Counter[str] = Counter()
        self._steps = 0

    def draw(self, what: str, probability: float, number: int | None = None) -> int:
        """Whether ``what`` happens at this occasion: its value, or zero."""
        if number is None:
            number = self._occasions[what] + 1
            self._occasions[what] = number
        if self._told is not None:
            value = self._told.get((what, number), 0)
        else:
            drawn = self._random.random()
            value = 1 + int(drawn / probability * (SIDES - 1)) if drawn < probability else 0
        if value:
            self.made.append(Choice(what, number, value, self.now()))
        return value

    def turn(self, who: str) -> Random | None:
        """The dice of somebody whose turn it is to do something; None where it is left out."""
        value = self.draw(who, 1.0)
        return Random(value) if value else None

    def place(self, length: int) -> int:
        """Which of ``length`` that are ready goes next."""
        step = self._steps = self._steps + 1
        if self._told is not None:
            value = self._told.get((SCHEDULE, step), 0) % length
        else:
            drawn = self._random.random()
            if drawn >= self._deviations:
                return 0
            value = int(drawn / self._deviations * length)
        if value:
            self.made.append(Choice(SCHEDULE, step, value, self.now()))
        return value


def share(value: int) -> float:
    """A choice's value as a number from 0 to 1."""
    return (value - 1) / SIDES
