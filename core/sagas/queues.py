"""The queues sagas live by: what is to be asked, and what happens when no answer comes.

Every ask is two jobs, put by the transaction that decided it: the ask itself, and its time limit. Whatever becomes of
the first, in the dead letters too, the second still comes, unless it was answered. A wait is asked once more whenever
its subject tells something.
"""

from core.kernel.context import Context
from core.kernel.ids import JobId, NewId, SagaId
from core.kernel.job import NewJob
from core.kernel.value import value
from core.sagas.saga import Act, Ask

STEPS = "saga-step"
TIMEOUTS = "saga-timeout"
STEP_ATTEMPTS = 8
TIMEOUT_ATTEMPTS = 50
"""A time limit that is given up leaves its saga where it stands: there is all the time in the world to try."""


@value
class Asked:
    """Which ask a job is about."""

    saga: SagaId
    step: str
    act: Act
    attempt: int


def jobs_of(saga: SagaId, ask: Ask, context: Context, new_id: NewId) -> tuple[NewJob, NewJob]:
    """The ask and its time limit."""
    it = Asked(saga=saga, step=ask.step, act=ask.act, attempt=ask.attempt)
    seconds = (ask.deadline - context.now).total_seconds()
    step = _job(it, STEPS, ask.delay_seconds, STEP_ATTEMPTS, context, new_id)
    return step, _job(it, TIMEOUTS, seconds, TIMEOUT_ATTEMPTS, context, new_id)


def look_again(it: Asked, context: Context, new_id: NewId) -> NewJob:
    """The same ask, once more: what a wait waits for may have happened."""
    return _job(it, STEPS, 0.0, STEP_ATTEMPTS, context, new_id)


def _job(it: Asked, queue: str, delay: float, attempts: int, context: Context, new_id: NewId) -> NewJob:
    return NewJob(
        id=JobId(new_id()),
        tenant=context.tenant,
        queue=queue,
        payload=f"{it.saga} {it.step} {it.act} {it.attempt}".encode(),
        correlation=context.correlation,
        delay_seconds=delay,
        max_attempts=attempts,
    )


def asked(payload: bytes) -> Asked:
    """What the payload of such a job says."""
    saga, step, act, attempt = payload.decode().split(" ")
    return Asked(saga=SagaId(saga), step=step, act=Act(act), attempt=int(attempt))
