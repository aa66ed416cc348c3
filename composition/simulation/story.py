"""What breaks in a seed, told shortly: the few choices it takes, and who did what when."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from composition.simulation.choices import SCHEDULE, Choice
from composition.simulation.chronicle import Happening


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """``choices`` are all it takes; ``before`` says how many there were."""

    seed: int
    plan: str
    violations: tuple[str, ...]
    choices: tuple[Choice, ...]
    before: int
    runs: int
    happenings: tuple[Happening, ...]


def in_words(story: Story) -> str:
    """The story, to be read."""
    deviations = [one for one in story.choices if one.what == SCHEDULE]
    others = [one for one in story.choices if one.what != SCHEDULE]
    lines = [
        f"seed {story.seed}: {story.before} choices shrunk to {len(story.choices)} in {story.runs} runs",
        *(f"  {violation}" for violation in story.violations),
        "what happens in it, and what goes wrong:",
        *_each(others, lambda one: f"{one.what} {one.number}"),
        "who goes out of turn:",
        *_each(deviations, lambda one: f"at choice {one.number} number {one.value + 1} of those that are ready"),
        "who does what:",
        *(f"  {happening.words}" for happening in story.happenings),
    ]
    return "\n".join(lines) + "\n"


def _each(choices: Sequence[Choice], words: Callable[[Choice], str]) -> list[str]:
    return [f"  {one.at:10.3f} s  {words(one)}" for one in choices] or ["  nothing"]


def in_data(story: Story) -> dict[str, Any]:
    """The same for programs."""
    return asdict(story)
