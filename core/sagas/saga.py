"""One run of a saga: where each step stands, what can be said to it, what it asks for."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from core.kernel.errors import Conflict, NotFound, Rejected
from core.kernel.ids import JobId, SagaId, StreamId
from core.kernel.value import value
from core.sagas.definition import Data


class SagaNotFound(NotFound):
    """No saga with this id."""

    code = "saga_not_found"


class SagaNotStuck(Conflict):
    """Only a stuck saga waits for a person: this one has ended, or goes on by itself."""

    code = "saga_not_stuck"


class SagaOpen(Conflict):
    """One like it is at work, or waits for a person."""

    code = "saga_open"


class NothingToRetry(Conflict):
    """What is still done cannot be undone by asking again; it can only be forgiven."""

    code = "nothing_to_retry"


class ReasonMissing(Rejected):
    """Whoever forgives says why."""

    code = "reason_missing"


class Act(StrEnum):
    """What is asked of a step."""

    DO = "do"
    UNDO = "undo"


class StepState(StrEnum):
    """Where a step stands. UNKNOWN: it was not answered in time, so it may have happened."""

    WAITING = "waiting"
    ASKED = "asked"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNDOING = "undoing"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"


class Status(StrEnum):
    """Where a saga stands. STUCK waits for a person; COMPENSATED may be opened again by a step that succeeds late."""

    RUNNING = "running"
    COMPENSATING = "compensating"
    COMPENSATED = "compensated"
    COMPLETED = "completed"
    STUCK = "stuck"


STILL_DONE = frozenset({StepState.DONE, StepState.UNKNOWN, StepState.UNDOING, StepState.UNDO_FAILED})
OPEN = frozenset({Status.RUNNING, Status.COMPENSATING, Status.STUCK})
"""It may still change by itself or by a person's word."""
MOVING = frozenset({Status.RUNNING, Status.COMPENSATING})
"""A saga that stands here is waiting for an answer, or for the time it is due."""


@value
class StepAt:
    """One step of one saga.

    ``attempt`` numbers its asks, do and undo alike; ``tries`` counts those of the present act since it began or a
    person asked for more. ``happened``: its success is known. An undo's answer counts from the attempt ``since`` on:
    undos asked before the step was known to have happened may have found nothing to undo yet.
    """

    name: str
    state: StepState = StepState.WAITING
    attempt: int = 0
    tries: int = 0
    since: int = 0
    happened: bool = False
    reason: str | None = None


@value
class Saga:
    """``revision`` counts the events of its stream; ``parked_as`` is what it was when its version was not known.

    ``waits_for`` is the job that moves it on should its answer never come; the engine leaves it alone. ``subject`` is
    the stream whose events make a wait look again; no two sagas of a name run under the same ``key``.
    """

    id: SagaId
    name: str
    version: int
    data: Data
    steps: tuple[StepAt, ...]
    status: Status = Status.RUNNING
    revision: int = 0
    reason: str | None = None
    forgiven: tuple[str, ...] = ()
    parked_as: Status | None = None
    waits_for: JobId | None = None
    subject: StreamId | None = None
    key: str | None = None

    @property
    def still_done(self) -> tuple[str, ...]:
        """The steps that are done, or may be, are not undone, and not forgiven."""
        return tuple(step.name for step in self.unforgiven if step.state in STILL_DONE)

    @property
    def unforgiven(self) -> tuple[StepAt, ...]:
        """The steps nobody has taken upon themselves."""
        return tuple(step for step in self.steps if step.name not in self.forgiven)

    def at(self, name: str) -> StepAt:
        """Where the step of this name stands."""
        return {step.name: step for step in self.steps}[name]

    def with_step(self, changed: StepAt) -> "Saga":
        """The saga with one step standing elsewhere."""
        return replace(self, steps=tuple(changed if step.name == changed.name else step for step in self.steps))


@value
class Ask:
    """Give the step's command, or its undo, after ``delay_seconds``; say so when no answer came by ``deadline``.

    ``key`` is the same for every ask of the same act; ``attempt`` tells them apart.
    """

    step: str
    act: Act
    attempt: int
    key: str
    delay_seconds: float
    deadline: datetime


@value
class Succeeded:
    """The command was carried out; ``answer`` is what later steps need of its result."""

    step: str
    act: Act
    attempt: int
    answer: Data


@value
class Refused:
    """The command was refused, for good: nothing happened."""

    step: str
    act: Act
    attempt: int
    code: str
    detail: str


@value
class TimedOut:
    """No answer came in time: it may have happened, or may yet."""

    step: str
    act: Act
    attempt: int


Said = Succeeded | Refused | TimedOut


def key_of(saga: SagaId, step: str, act: Act) -> str:
    """The idempotency key of everything that is asked of a step under this act."""
    return f"saga:{saga}:{step}:{act}"
