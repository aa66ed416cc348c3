"""What a saga makes of what it is told, before it goes on: the step stands elsewhere, or nothing has changed."""

from dataclasses import replace

from core.kernel.retry import DEFAULT
from core.sagas.definition import Definition
from core.sagas.events import Outcome
from core.sagas.moves import STEP_MOVES, Signal
from core.sagas.saga import Act, Refused, Saga, Said, Status, StepAt, StepState, Succeeded, TimedOut

RETRIES = DEFAULT
"""How often, and how long apart, an undo or a last step is asked before a person is."""

IN_HAND = {Act.DO: (StepState.ASKED, StepState.UNKNOWN), Act.UNDO: (StepState.UNDOING,)}
"""Where a step stands while a refusal of this act still means something to it."""

Heard = tuple[Saga, Outcome, str | None] | None
"""The saga, what became of the ask, and its reason; None when nothing changed."""


def hear(definition: Definition, saga: Saga, at: StepAt, said: Said) -> Heard:
    """What ``said`` means to the step it is about, which stands ``at``."""
    match said:
        case Succeeded(act=Act.DO):
            return _done(definition, saga, at, said)
        case Succeeded():
            return _undone(saga, at, said, Outcome.UNDONE, None)
        case Refused(act=Act.UNDO) if said.code in definition.step(at.name).nothing_to_undo:
            return _undone(saga, at, said, Outcome.NOTHING_TO_UNDO, said.code)
        case Refused() if said.code in definition.step(at.name).not_yet:
            return None
        case Refused() | TimedOut():
            return _failed(definition, saga, at, said)


def _done(definition: Definition, saga: Saga, at: StepAt, said: Succeeded) -> Heard:
    if at.happened or (at.state, Signal.SUCCEED) not in STEP_MOVES:
        return None
    if definition.step(at.name).waits and at.state is not StepState.ASKED and not _undecided(saga, at):
        return None  # the saga has turned back, and what it waited for was not its own
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
        turns = definition.step(at.name).waits and not definition.is_last(at.name)
        signal = Signal.TIME_OUT if silent and not turns else Signal.REFUSE
        outcome, reason = (Outcome.TIMED_OUT, "it is not answered") if silent else (Outcome.REFUSED, "")
    if said.attempt != at.attempt or at.state not in IN_HAND[said.act] or (at.state, signal) not in STEP_MOVES:
        return None
    reason = "it has not happened in time" if silent and definition.step(at.name).waits else reason
    again = said.act is Act.UNDO or definition.step(at.name).undo is None
    changed = replace(at, state=STEP_MOVES[at.state, signal], tries=at.tries if again else 0, reason=detail or reason)
    return saga.with_step(changed), outcome, detail
