"""The transition tables: every move of a step and of a saga there is. What is not here does not happen.

A step's table is what makes duplicates harmless: a signal that finds no row changes nothing. The rows that lead back to
DONE are the heart of it: a command that was given up for lost may be carried out all the same, so its success, however
late, is done and therefore has to be undone.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from core.sagas.saga import Status, StepState


class Signal(StrEnum):
    """What happens to a step."""

    ASK = "asked"
    SUCCEED = "succeeds"
    REFUSE = "is refused"
    TIME_OUT = "is not answered"
    UNDO = "its undo is asked"
    UNDONE = "its undo is answered"
    UNDO_FAIL = "its undo fails"
    GIVE_UP = "it cannot be undone"
    RETRY = "a person asks again"
    LET_GO = "it was only waited for"


STEP_MOVES: Mapping[tuple[StepState, Signal], StepState] = {
    (StepState.WAITING, Signal.ASK): StepState.ASKED,
    (StepState.ASKED, Signal.SUCCEED): StepState.DONE,
    (StepState.ASKED, Signal.REFUSE): StepState.FAILED,
    (StepState.ASKED, Signal.TIME_OUT): StepState.UNKNOWN,
    (StepState.ASKED, Signal.ASK): StepState.ASKED,
    (StepState.UNKNOWN, Signal.ASK): StepState.ASKED,
    (StepState.UNKNOWN, Signal.SUCCEED): StepState.DONE,
    (StepState.UNKNOWN, Signal.REFUSE): StepState.FAILED,
    (StepState.UNKNOWN, Signal.UNDO): StepState.UNDOING,
    (StepState.DONE, Signal.UNDO): StepState.UNDOING,
    (StepState.DONE, Signal.GIVE_UP): StepState.UNDO_FAILED,
    (StepState.DONE, Signal.LET_GO): StepState.UNDONE,
    (StepState.UNDOING, Signal.UNDO): StepState.UNDOING,
    (StepState.UNDOING, Signal.UNDONE): StepState.UNDONE,
    (StepState.UNDOING, Signal.UNDO_FAIL): StepState.UNKNOWN,
    (StepState.UNDOING, Signal.GIVE_UP): StepState.UNDO_FAILED,
    (StepState.UNDO_FAILED, Signal.UNDONE): StepState.UNDONE,
    (StepState.UNDO_FAILED, Signal.RETRY): StepState.UNKNOWN,
    (StepState.FAILED, Signal.SUCCEED): StepState.DONE,
    (StepState.UNDOING, Signal.SUCCEED): StepState.DONE,
    (StepState.UNDONE, Signal.SUCCEED): StepState.DONE,
    (StepState.UNDO_FAILED, Signal.SUCCEED): StepState.DONE,
}


class Turn(StrEnum):
    """What happens to a saga."""

    COMPLETE = "every step is done"
    FAIL = "a step is refused or not answered"
    UNANSWERED = "a last step without undo is not answered"
    FORWARD = "its step is asked again, or answered after all"
    ALL_UNDONE = "nothing is left to undo"
    UNDO_FAILED = "an undo failed for good"
    BACK = "a step succeeds late, or undos are asked again"
    FORGIVE = "a person forgives"
    PARK = "its version is not known here"


SAGA_MOVES: Mapping[tuple[Status, Turn], Status] = {
    (Status.RUNNING, Turn.COMPLETE): Status.COMPLETED,
    (Status.RUNNING, Turn.FAIL): Status.COMPENSATING,
    (Status.RUNNING, Turn.UNANSWERED): Status.STUCK,
    (Status.RUNNING, Turn.PARK): Status.STUCK,
    (Status.COMPENSATING, Turn.ALL_UNDONE): Status.COMPENSATED,
    (Status.COMPENSATING, Turn.UNDO_FAILED): Status.STUCK,
    (Status.COMPENSATING, Turn.PARK): Status.STUCK,
    (Status.COMPENSATED, Turn.BACK): Status.COMPENSATING,
    (Status.STUCK, Turn.BACK): Status.COMPENSATING,
    (Status.STUCK, Turn.FORWARD): Status.RUNNING,
    (Status.STUCK, Turn.FORGIVE): Status.COMPENSATED,
}


def diagrams() -> Iterator[tuple[str, str]]:
    """(what it shows, mermaid) of each table, for the page that explains sagas."""
    yield "A saga", _diagram(SAGA_MOVES, Status.RUNNING)
    yield "A step", _diagram(STEP_MOVES, StepState.WAITING)


def _diagram(moves: Mapping[tuple[Any, Any], Any], first: str) -> str:
    lines = ["stateDiagram-v2", f"    [*] --> {first}"]
    lines += [f"    {before} --> {after}: {why}" for (before, why), after in moves.items()]
    left = {str(before) for before, _ in moves}
    lines += [f"    {end} --> [*]" for end in dict.fromkeys(moves.values()) if end not in left]
    return "\n".join(lines)
