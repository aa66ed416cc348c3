"""A saga as a table: its steps in order, how each is asked, how it is undone, how long it may take."""

from collections.abc import Callable, Mapping
from typing import Any

from core.kernel.errors import Conflict
from core.kernel.value import value

Data = Mapping[str, Any]
"""What a saga knows, as JSON would hold it: what it began with, and each step's answer under the step's name."""

LIMIT_SECONDS = 30.0
PATIENT_SECONDS = 3600.0
"""For the steps of sagas that wait for days: no restart of a worker is taken for a step that failed."""


class InvalidDefinition(Exception):
    """A table that the engine could not keep its promise for: a defect, found as the program starts."""


@value
class Step:
    """One row.

    ``command`` and ``undo`` make what is asked of the saga's data; ``answer`` takes what later steps need from the
    command's result. An undo is asked for a step that may not have happened, too: when there is nothing to undo it must
    be *refused*, with one of the codes in ``nothing_to_undo``, and change nothing. (An answer would be remembered under
    its key, and given again should the step happen after all.) A step without an undo cannot be taken back once it is
    done, so only the last may be one.

    A step with codes in ``not_yet`` is a *wait*: its command only looks whether something has happened that somebody
    else does, and is refused with one of them until it has. It is looked for whenever the saga's subject tells
    something, and once more when its time is over. It has no undo: nothing of it is the saga's own.
    ``limit_seconds`` is the time a step has; what the saga knows may say it.
    """

    name: str
    command: Callable[[Data], object]
    undo: Callable[[Data], object] | None = None
    answer: Callable[[Any], Data] = lambda result: {}
    nothing_to_undo: frozenset[str] = frozenset()
    not_yet: frozenset[str] = frozenset()
    limit_seconds: float | Callable[[Data], float] = LIMIT_SECONDS

    @property
    def waits(self) -> bool:
        """Whether it is a wait."""
        return bool(self.not_yet)

    def seconds(self, data: Data) -> float:
        """The time it has, in seconds."""
        return self.limit_seconds(data) if callable(self.limit_seconds) else self.limit_seconds


@value
class Definition:
    """A saga's table at one version. ``scopes`` are what its commands need; whoever may start it lends them.

    A version that ever ran is never changed: running sagas go on with it, and contracts/sagas pins its decisions.
    """

    name: str
    version: int
    steps: tuple[Step, ...]
    scopes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        if not names or len(set(names)) < len(names) or any(" " in name for name in names):
            raise InvalidDefinition(f"{self.name}: steps have names of one word, each its own")
        if any(step.undo is None and not step.waits for step in self.steps[:-1]):
            raise InvalidDefinition(f"{self.name}: only the last step may have no undo")
        if any(step.undo is not None and step.waits for step in self.steps):
            raise InvalidDefinition(f"{self.name}: what is only waited for is not undone")

    def step(self, name: str) -> Step:
        """The row of this name."""
        return {step.name: step for step in self.steps}[name]

    def is_last(self, name: str) -> bool:
        """Whether nothing comes after the row of this name."""
        return self.steps[-1].name == name


Definitions = Mapping[tuple[str, int], Definition]
"""Every version of every saga that may still be running, by (name, version)."""


def newest(definitions: Definitions, name: str) -> Definition:
    """The version a saga of this name begins with."""
    return definitions[max(key for key in definitions if key[0] == name)]


class DefinitionUnknown(Conflict):
    """A saga began with a version this program does not know: nobody guesses how it goes on."""

    code = "definition_unknown"


def pinned(definitions: Definitions, name: str, version: int) -> Definition:
    """The definition a saga began with. Raises DefinitionUnknown."""
    found = definitions.get((name, version))
    if found is None:
        raise DefinitionUnknown(f"there is no version {version} of the saga '{name}' here")
    return found
