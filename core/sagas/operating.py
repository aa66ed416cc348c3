"""What a person, or a program that is too old, does to a saga: park it, ask again, forgive what is left."""

from dataclasses import replace
from datetime import datetime

from core.sagas.definition import Definition
from core.sagas.engine import Reaction, ask, go_on, turned
from core.sagas.events import Event, Outcome, SagaAdvanced, SagaEnded, SagaStuck
from core.sagas.moves import STEP_MOVES, Signal, Turn
from core.sagas.saga import (
    MOVING,
    Act,
    NothingToRetry,
    ReasonMissing,
    Saga,
    SagaNotStuck,
    Status,
    StepAt,
    StepState,
)


def park(saga: Saga) -> Reaction:
    """Stuck, because nobody here knows its version; a saga that rests stays as it is."""
    if saga.status not in MOVING:
        return Reaction(saga=saga)
    reason = f"version {saga.version} of '{saga.name}' is not known here"
    parked = replace(turned(saga, Turn.PARK), parked_as=saga.status, reason=reason)
    told = SagaStuck(saga_id=saga.id, still_done=saga.still_done, reason=reason)
    return Reaction(saga=parked, events=(told,))


def retry(definition: Definition, saga: Saga, now: datetime) -> Reaction:
    """Ask again what was given up. Raises SagaNotStuck, NothingToRetry."""
    _check_stuck(saga)
    if saga.parked_as is not None:
        return _unpark(definition, saga, now)
    last = saga.steps[-1]
    if last.state is StepState.UNKNOWN:
        forward = turned(saga, Turn.FORWARD)
        return ask(definition, forward, replace(last, tries=0), Act.DO, (_retried(saga, last),), now)
    failed = [at for at in saga.unforgiven if at.state is StepState.UNDO_FAILED]
    again = [at for at in failed if definition.step(at.name).undo is not None]
    if not again:
        raise NothingToRetry(f"saga {saga.id}: {saga.reason}")
    back = turned(saga, Turn.BACK)
    for at in again:
        back = back.with_step(replace(at, state=STEP_MOVES[at.state, Signal.RETRY], tries=0))
    return go_on(definition, back, tuple(_retried(saga, at) for at in again), now)


def forgive(saga: Saga, reason: str) -> Reaction:
    """Ended: what is still done stays done, and a person answers for it. Raises SagaNotStuck, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing("forgiving needs a reason", path="$.reason")
    _check_stuck(saga)
    left = tuple(at.name for at in saga.unforgiven if at.state is StepState.ASKED or at.name in saga.still_done)
    forgiven = (*saga.forgiven, *left)
    ended = replace(turned(saga, Turn.FORGIVE), forgiven=forgiven, parked_as=None, reason=reason)
    told = SagaEnded(saga_id=saga.id, status=ended.status, forgiven=forgiven, reason=reason)
    return Reaction(saga=ended, events=(told,))


def _unpark(definition: Definition, saga: Saga, now: datetime) -> Reaction:
    forward = saga.parked_as is Status.RUNNING
    awake = replace(turned(saga, Turn.FORWARD if forward else Turn.BACK), parked_as=None)
    in_hand = next(at for at in saga.steps if at.state in (StepState.ASKED, StepState.UNDOING))
    act = Act.DO if forward else Act.UNDO
    return ask(definition, awake, replace(in_hand, tries=0), act, (_retried(saga, in_hand),), now)


def _retried(saga: Saga, at: StepAt) -> Event:
    return SagaAdvanced(saga_id=saga.id, step=at.name, outcome=Outcome.RETRIED)


def _check_stuck(saga: Saga) -> None:
    if saga.status is not Status.STUCK:
        raise SagaNotStuck(f"saga {saga.id} is {saga.status}")
