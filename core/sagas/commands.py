"""What is done to a saga: said to it by whoever ran its jobs, decided by a person, parked by an old program."""

from core.kernel.ids import SagaId
from core.kernel.job import LeasedJob
from core.kernel.value import value
from core.sagas.saga import Said


@value
class AdvanceSaga:
    """Tell the saga ``said``, and end the job that brought it."""

    id: SagaId
    job: LeasedJob
    said: Said


@value
class RememberRefusal:
    """A step's command was refused: given under the command's key, so that nobody carries it out after all."""

    code: str
    detail: str


@value
class ParkSaga:
    """Nobody here knows the saga's version: it waits for a person, visibly."""

    id: SagaId


@value
class RetrySaga:
    """Ask again what a stuck saga has given up."""

    id: SagaId


@value
class ForgiveSaga:
    """End a stuck saga: what is still done stays done, for ``reason``."""

    id: SagaId
    reason: str
