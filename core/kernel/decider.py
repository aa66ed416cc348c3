"""The pure batch fold: decide one command after the other, each seeing the effects of those before it.

This is what makes *a batch of n equal n batches of one* true by construction; the laws hold every decider to it.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import TypeVar

from core.kernel.errors import DomainError

State = TypeVar("State")
Command = TypeVar("Command")
Event = TypeVar("Event")


def replay(evolve: Callable[[State, Event], State], blank: State, events: Iterable[Event]) -> State:
    """The state after ``events``, oldest first, starting from ``blank``."""
    return reduce(evolve, events, blank)


def decide_each(
    decide: Callable[[State, Command], Sequence[Event]],
    evolve: Callable[[State, Event], State],
    state: State,
    commands: Iterable[Command],
) -> tuple[State, list[Sequence[Event] | DomainError]]:
    """Fold ``commands`` over ``state``: for each its events, or the error it was refused with.

    A refused command changes nothing. Raises whatever ``decide`` raises that is not a DomainError.
    """
    outcomes: list[Sequence[Event] | DomainError] = []
    for command in commands:
        try:
            events = decide(state, command)
        except DomainError as refusal:
            outcomes.append(refusal)
            continue
        state = replay(evolve, state, events)
        outcomes.append(events)
    return state, outcomes


def in_halves(batch: Sequence[Command]) -> tuple[Sequence[Command], Sequence[Command]]:
    """``batch`` cut in two: how the one that breaks it is searched for."""
    middle = len(batch) // 2
    return batch[:middle], batch[middle:]
