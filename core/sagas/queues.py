"""The queues sagas live by: what is to be asked, and what happens when no answer comes.

Every ask is two jobs, put by the transaction that decided it: the ask itself, and its time limit. Whatever becomes of
the first, in the dead letters too, the second still comes.
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
    seconds = (ask.deadline - context.now).total_seconds()
    rows = ((STEPS, ask.delay_seconds, STEP_ATTEMPTS), (TIMEOUTS, seconds, TIMEOUT_ATTEMPTS))
    step, timeout = (
        NewJob(
            id=JobId(new_id()),
            tenant=context.tenant,
            queue=queue,
            payload=f"{saga} {ask.step} {ask.act} {ask.attempt}".encode(),
            correlation=context.correlation,
            delay_seconds=delay,
            max_attempts=attempts,
        )
        for queue, delay, attempts in rows
    )
    return step, timeout


def asked(payload: bytes) -> Asked:
    """What the payload of such a job says."""
    saga, step, act, attempt = payload.decode().split(" ")
    return Asked(saga=SagaId(saga), step=step, act=Act(act), attempt=int(attempt))
