"""The engine: what is said to a saga, folded into where it stands and what it asks next. Pure; nothing waits here.

Steps are asked in order. A refusal, or silence, turns the saga back: what is done, or may be, is undone in reverse, one
step at a time. Three things make it hold in a world that delays, repeats and reorders:
- a step that was not answered may have happened, so its undo is asked as well;
- a success that arrives after the saga turned back, even after it ended, is undone too; undos asked before it was known
  may have come too early to find anything, so their answers no longer count;
- an undo that fails is asked again a few times, and then the others go on: the saga ends stuck, never half forgotten.
A last step that cannot be undone is asked again instead of being given up: past it there is no way back, so as long as
it is not known whether it happened, nothing else may be undone.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from core.kernel.ids import SagaId
from core.kernel.retry import DEFAULT, delay_seconds
from core.kernel.value import value
from core.sagas.definition import Data, Definition
from core.sagas.events import Event, Outcome, SagaAdvanced, SagaEnded, SagaStarted, SagaStuck
from core.sagas.moves import SAGA_MOVES, STEP_MOVES, Signal, Turn
from core.sagas.saga import (
    MOVING,
    Act,
    Ask,
    Refused,
    Saga,
    Said,
    Status,
    StepAt,
    StepState,
    Succeeded,
    TimedOut,
    key_of,
)

RETRIES = DEFAULT
"""How often, and how long apart, an undo or a last step is asked before a person is."""

TO_UNDO = (StepState.DONE, StepState.UNKNOWN)
IN_HAND = {Act.DO: (StepState.ASKED, StepState.UNKNOWN), Act.UNDO: (StepState.UNDOING,)}
"""Where a step stands while a refusal of this act still means something to it."""


@value
class Reaction:
    """The saga afterwards, what its stream tells of it, and what is to be asked. Without events nothing changed."""

    saga: Saga
    events: tuple[Event, ...] = ()
    ask: Ask | None = None


def begin(definition: Definition, saga_id: SagaId, data: Data, now: datetime) -> Reaction:
    """A new saga of ``definition``, asking its first step."""
    steps = tuple(StepAt(name=step.name) for step in definition.steps)
    saga = Saga(id=saga_id, name=definition.name, version=definition.version, data=data, steps=steps)
    started = SagaStarted(saga_id=saga_id, name=saga.name, version=saga.version, data=data)
    return go_on(definition, saga, (started,), now)


def react(definition: Definition, saga: Saga, said: Said, now: datetime) -> Reaction:
    """What ``said`` makes of it. What was said before, came too late to matter, or is forgiven changes nothing."""
    if said.step in saga.forgiven:
        return Reaction(saga=saga)
    awake = _awake(saga)
    at = awake.at(said.step)
    match said:
        case Succeeded(act=Act.DO):
            heard = _done(awake, at, said)
        case Succeeded():
            heard = _undone(awake, at, said, Outcome.UNDONE, None)
        case Refused(act=Act.UNDO) if said.code in definition.step(at.name).nothing_to_undo:
            heard = _undone(awake, at, said, Outcome.NOTHING_TO_UNDO, said.code)
        case Refused() | TimedOut():
            heard = _failed(definition, awake, at, said)
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


Heard = tuple[Saga, Outcome, str | None] | None


def _done(saga: Saga, at: StepAt, said: Succeeded) -> Heard:
    if at.happened or (at.state, Signal.SUCCEED) not in STEP_MOVES:
        return None
    state = STEP_MOVES[at.state, Signal.SUCCEED]
    saga = replace(saga, data={**saga.data, at.name: said.answer})
    changed = replace(at, state=state, happened=True, tries=0, reason=None)
    if at.state is StepState.ASKED or _undecided(saga, at):
        return saga.with_step(changed), Outcome.DONE, None
    return saga.with_step(replace(changed, since=at.attempt + 1)), Outcome.DONE_LATE, None


def _undecided(saga: Saga, at: StepAt) -> bool:
    """Whether the saga is stuck for nothing but an answer to this step, and has not turned back."""
    return at.state is StepState.UNKNOWN and saga.status is Status.STUCK


def _undone(saga: Saga, at: StepAt, said: Succeeded | Refused, outcome: Outcome, detail: str | None) -> Heard:
    if said.attempt < at.since or (at.state, Signal.UNDONE) not in STEP_MOVES:
        return None
    changed = replace(at, state=STEP_MOVES[at.state, Signal.UNDONE], reason=None)
    return saga.with_step(changed), outcome, detail


def _failed(definition: Definition, saga: Saga, at: StepAt, said: Refused | TimedOut) -> Heard:
    """Of refusals and silence only those of the latest ask count: an ask after them may still be carried out."""
    silent = isinstance(said, TimedOut)
    detail = None if isinstance(said, TimedOut) else f"{said.code}: {said.detail}"
    if said.act is Act.UNDO:
        signal = Signal.UNDO_FAIL if at.tries < RETRIES.attempts else Signal.GIVE_UP
        outcome, reason = (Outcome.UNDO_TIMED_OUT, "its undo is not answered") if silent else (Outcome.UNDO_REFUSED, "")
    else:
        signal = Signal.TIME_OUT if silent else Signal.REFUSE
        outcome, reason = (Outcome.TIMED_OUT, "it is not answered") if silent else (Outcome.REFUSED, "")
    if said.attempt != at.attempt or at.state not in IN_HAND[said.act] or (at.state, signal) not in STEP_MOVES:
        return None
    again = said.act is Act.UNDO or definition.step(at.name).undo is None
    changed = replace(at, state=STEP_MOVES[at.state, signal], tries=at.tries if again else 0, reason=detail or reason)
    return saga.with_step(changed), outcome, detail


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
        if at.tries < RETRIES.attempts:
            return ask(definition, saga, at, Act.DO, events, now)
        return _stuck(turned(saga, Turn.UNANSWERED), f"{at.name}: {at.reason}, and it has no undo", events)
    return None


def _back(definition: Definition, saga: Saga, events: tuple[Event, ...], now: datetime) -> Reaction:
    """The next undo asked, the last step first, once the one in hand is answered; or the end."""
    if any(step.state is StepState.UNDOING for step in saga.steps):
        return Reaction(saga=saga, events=events)
    for at in reversed(saga.unforgiven):
        if at.state in TO_UNDO and definition.step(at.name).undo is not None:
            return ask(definition, saga, at, Act.UNDO, events, now)
        if at.state in TO_UNDO:
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
        deadline=now + timedelta(seconds=delay + definition.step(at.name).limit_seconds),
    )
    return Reaction(saga=saga.with_step(changed), events=events, ask=asked)


def _stuck(saga: Saga, reason: str, events: tuple[Event, ...]) -> Reaction:
    saga = replace(saga, reason=reason)
    told = SagaStuck(saga_id=saga.id, still_done=saga.still_done, reason=reason)
    return Reaction(saga=saga, events=(*events, told))


def turned(saga: Saga, turn: Turn) -> Saga:
    """The saga after ``turn``: by the table, and no longer for the reason it was stuck."""
    return replace(saga, status=SAGA_MOVES[saga.status, turn], reason=None)
