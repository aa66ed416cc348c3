"""What a saga's stream tells."""

from enum import StrEnum

from core.kernel.ids import SagaId
from core.kernel.value import value
from core.sagas.definition import Data
from core.sagas.saga import Status


class Outcome(StrEnum):
    """What became of a step's ask. DONE_LATE: it succeeded after the saga had turned back."""

    DONE = "done"
    DONE_LATE = "done_late"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    UNDONE = "undone"
    NOTHING_TO_UNDO = "nothing_to_undo"
    UNDO_REFUSED = "undo_refused"
    UNDO_TIMED_OUT = "undo_timed_out"
    RETRIED = "retried"


@value
class SagaStarted:
    """A saga began, at the version it stays with."""

    saga_id: SagaId
    name: str
    version: int
    data: Data


@value
class SagaAdvanced:
    """A step was answered, was not answered in time, or is asked again because a person wants it."""

    saga_id: SagaId
    step: str
    outcome: Outcome
    detail: str | None = None


@value
class SagaEnded:
    """It is whole, or nothing of it is left; ``forgiven`` steps a person took upon themselves, for ``reason``."""

    saga_id: SagaId
    status: Status
    forgiven: tuple[str, ...] = ()
    reason: str | None = None


@value
class SagaStuck:
    """It waits for a person: ``still_done`` are the steps that are done, or may be."""

    saga_id: SagaId
    still_done: tuple[str, ...]
    reason: str


Event = SagaStarted | SagaAdvanced | SagaEnded | SagaStuck
