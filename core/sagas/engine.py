"""The engine: what is said to a saga, folded into where it stands and what it asks next. Pure; nothing waits here.

Steps are asked in order. A refusal, or silence, turns the saga back: what is done, or may be, is undone in reverse, one
step at a time. Three things make it hold in a world that delays, repeats and reorders:
- a step that was not answered may have happened, so its undo is asked as well;
- a success that arrives after the saga turned back, even after it ended, is undone too; undos asked before it was known
  may have come too early to find anything, so their answers no longer count;
- an undo that fails is asked again a few times, and then the others go on: the saga ends stuck, never half forgotten.
A last step that cannot be undone is asked again instead of being given up: past it there is no way back, so as long as
it is not known whether it happened, nothing else may be undone.
A wait is refused for now until what it waits for has happened. When its time is over the saga turns back; where it is
the last step, everything before it stands, and a person is asked.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from core.kernel.ids import SagaId, StreamId
from core.kernel.retry import delay_seconds
from core.kernel.value import value
from core.sagas.definition import Data, Definition
from core.sagas.events import Event, SagaAdvanced, SagaEnded, SagaStarted, SagaStuck
from core.sagas.hearing import RETRIES, hear
from core.sagas.moves import SAGA_MOVES, STEP_MOVES, Signal, Turn
from core.sagas.saga import (
    MOVING,
    Act,
    Ask,
    Saga,
    Said,
    Status,
    StepAt,
    StepState,
    key_of,
)

TO_UNDO = (StepState.DONE, StepState.UNKNOWN)


@value
class Reaction:
    """The saga afterwards, what its stream tells of it, and what is to be asked. Without events nothing changed."""

    saga: Saga
    events: tuple[Event, ...] = ()
    ask: Ask | None = None


def begin(
    definition: Definition,
    saga_id: SagaId,
    data: Data,
    now: datetime,
    *,
    subject: StreamId | None = None,
    key: str | None = None,
) -> Reaction:
    """A new saga of ``definition``, asking its first step; ``subject`` and ``key`` as Saga has them."""
    steps = tuple(StepAt(name=step.name) for step in definition.steps)
    saga = Saga(
        id=saga_id,
        name=definition.name,
        version=definition.version,
        data=data,
        steps=steps,
        subject=subject,
        key=key,
    )
    started = SagaStarted(saga_id=saga_id, name=saga.name, version=saga.version, data=data)
    return go_on(definition, saga, (started,), now)


def react(definition: Definition, saga: Saga, said: Said, now: datetime) -> Reaction:
    """What ``said`` makes of it. What was said before, came too late to matter, or is forgiven changes nothing."""
    if said.step in saga.forgiven:
        return Reaction(saga=saga)
    awake = _awake(saga)
    at = awake.at(said.step)
    heard = hear(definition, awake, at, said)
    if heard is None:
        return Reaction(saga=saga)
    after, outcome, detail = heard
    advanced = SagaAdvanced(saga_id=saga.id, step=at.name, outcome=outcome, detail=detail)
    reaction = go_on(definition, after, (advanced,), now)
    if saga.parked_as is not None and reaction.ask is None and reaction.saga.status in MOVING:
        # Parking gave up its time limit: what is in hand gets another with being asked again.
        in_hand = next(step for step in reaction.saga.steps if step.state is StepState.UNDOING)
        return ask(definition, reaction.saga, in_hand, Act.UNDO, reaction.events, now)
    return reaction


def _awake(saga: Saga) -> Saga:
    """As it was before it was parked: somebody who knows its version is at work again."""
    if saga.parked_as is None:
        return saga
    return replace(turned(saga, Turn.FORWARD if saga.parked_as is Status.RUNNING else Turn.BACK), parked_as=None)


def go_on(definition: Definition, saga: Saga, events: tuple[Event, ...], now: datetime) -> Reaction:
    """Take every turn that is due, until something is to be asked, waited for, or the saga rests."""
    if saga.status not in MOVING:
        saga = turned(saga, Turn.FORWARD if saga.status is Status.STUCK and _settled(definition, saga) else Turn.BACK)
    if saga.status is Status.RUNNING:
        reaction = _forward(definition, saga, events, now)
        if reaction is not None:
            return reaction
        saga = turned(saga, Turn.FAIL)
    return _back(definition, saga, events, now)


def _settled(definition: Definition, saga: Saga) -> bool:
    """Whether all that was missing was an answer to the last step, and now it is there."""
    *before, last = saga.steps
    answered = last.state in (StepState.DONE, StepState.FAILED) and definition.steps[-1].undo is None
    return answered and all(step.state is StepState.DONE for step in before)


def _forward(definition: Definition, saga: Saga, events: tuple[Event, ...], now: datetime) -> Reaction | None:
    """The next step asked, or the end; None when there is no way forward."""
    if all(step.state is StepState.DONE for step in saga.steps):
        saga = turned(saga, Turn.COMPLETE)
        return Reaction(saga=saga, events=(*events, SagaEnded(saga_id=saga.id, status=saga.status)))
    at = next(step for step in saga.steps if step.state is not StepState.DONE)
    if at.state is StepState.WAITING:
        return ask(definition, saga, at, Act.DO, events, now)
    if at.state is StepState.UNKNOWN and definition.step(at.name).undo is None:
        if at.tries < RETRIES.attempts and not definition.step(at.name).waits:
            return ask(definition, saga, at, Act.DO, events, now)
        return _stuck(turned(saga, Turn.UNANSWERED), f"{at.name}: {at.reason}, and it has no undo", events)
    return None


def _back(definition: Definition, saga: Saga, events: tuple[Event, ...], now: datetime) -> Reaction:
    """The next undo asked, the last step first, once the one in hand is answered; or the end."""
    if any(step.state is StepState.UNDOING for step in saga.unforgiven):
        return Reaction(saga=saga, events=events)
    for at in reversed(saga.unforgiven):
        step = definition.step(at.name)
        if at.state in TO_UNDO and step.undo is not None:
            return ask(definition, saga, at, Act.UNDO, events, now)
        if at.state in TO_UNDO and step.waits:
            saga = saga.with_step(replace(at, state=STEP_MOVES[at.state, Signal.LET_GO]))
        elif at.state in TO_UNDO:
            given_up = STEP_MOVES[at.state, Signal.GIVE_UP]
            saga = saga.with_step(replace(at, state=given_up, reason="it is done and has no undo"))
    failed = [step for step in saga.unforgiven if step.state is StepState.UNDO_FAILED]
    if failed:
        reasons = "; ".join(f"{step.name}: {step.reason}" for step in failed)
        return _stuck(turned(saga, Turn.UNDO_FAILED), reasons, events)
    saga = turned(saga, Turn.ALL_UNDONE)
    return Reaction(saga=saga, events=(*events, SagaEnded(saga_id=saga.id, status=saga.status)))


def ask(definition: Definition, saga: Saga, at: StepAt, act: Act, events: tuple[Event, ...], now: datetime) -> Reaction:
    """The step asked, the first time at once, every further time a little later."""
    state = STEP_MOVES[at.state, Signal.ASK if act is Act.DO else Signal.UNDO]
    changed = replace(at, state=state, attempt=at.attempt + 1, tries=at.tries + 1)
    key = key_of(saga.id, at.name, act)
    delay = delay_seconds(RETRIES, at.tries, key) if at.tries else 0.0
    asked = Ask(
        step=at.name,
        act=act,
        attempt=changed.attempt,
        key=key,
        delay_seconds=delay,
        deadline=now + timedelta(seconds=delay + definition.step(at.name).seconds(saga.data)),
    )
    return Reaction(saga=saga.with_step(changed), events=events, ask=asked)


def _stuck(saga: Saga, reason: str, events: tuple[Event, ...]) -> Reaction:
    saga = replace(saga, reason=reason)
    told = SagaStuck(saga_id=saga.id, still_done=saga.still_done, reason=reason)
    return Reaction(saga=saga, events=(*events, told))


def turned(saga: Saga, turn: Turn) -> Saga:
    """The saga after ``turn``: by the table, and no longer for the reason it was stuck."""
    return replace(saga, status=SAGA_MOVES[saga.status, turn], reason=None)
