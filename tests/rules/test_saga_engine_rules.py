"""The engine's answers told whole: what it asks and by when, what its stream tells, and why a saga is stuck."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.kernel.retry import delay_seconds
from core.sagas.definition import Definition, InvalidDefinition
from core.sagas.engine import Reaction
from core.sagas.events import Outcome, SagaAdvanced, SagaEnded, SagaStarted, SagaStuck
from core.sagas.hearing import RETRIES
from core.sagas.operating import forgive, park, retry
from core.sagas.saga import Act, Ask, NothingToRetry, ReasonMissing, Refused, SagaNotStuck, Status, StepState, TimedOut
from tests.support.given import NOW
from tests.support.saga_world import ID, NOTHING, World, a_definition

ALWAYS = 10**6


def advanced(step: str, outcome: Outcome, detail: str | None = None) -> SagaAdvanced:
    return SagaAdvanced(saga_id=ID, step=step, outcome=outcome, detail=detail)


def ended(status: Status) -> SagaEnded:
    return SagaEnded(saga_id=ID, status=status)


def key(step: str, act: Act) -> str:
    return f"saga:{ID}:{step}:{act}"


def answered(world: World) -> Reaction:
    """What becomes of the ask in hand, carried out and answered."""
    return world.say(world.carry_out(world.asks[-1]))


def timed_out(world: World) -> Reaction:
    """What the silence on the ask in hand comes to."""
    asked = world.asks[-1]
    return world.say(TimedOut(step=asked.step, act=asked.act, attempt=asked.attempt))


def parked(world: World) -> World:
    world.take(park(world.saga))
    return world


def turning_back() -> World:
    """Two steps; the second is refused, and the undo of the first is in hand."""
    world = World(a_definition(2), {"s1": 1})
    answered(world)
    answered(world)
    return world


def stuck(undo_refuses: dict[str, int] | None = None) -> World:
    """Three steps; the last is refused, and the others cannot be undone."""
    world = World(a_definition(3), {"s2": 1}, undo_refuses or {"s0": ALWAYS, "s1": ALWAYS})
    while world.saga.status is not Status.STUCK:
        answered(world)
    return world


def test_a_saga_begins_by_telling_what_it_knows_and_asking_its_first_step() -> None:
    world = World(a_definition(2, version=3))
    assert world.first.events == (SagaStarted(saga_id=ID, name="errand", version=3, data={}),)
    assert world.first.ask == Ask(
        step="s0",
        act=Act.DO,
        attempt=1,
        key=key("s0", Act.DO),
        delay_seconds=0.0,
        deadline=NOW + timedelta(seconds=30),
    )
    assert (world.saga.id, world.saga.name, world.saga.version, world.saga.data) == (ID, "errand", 3, {})
    assert [at.state for at in world.saga.steps] == [StepState.ASKED, StepState.WAITING]


def test_each_success_is_told_and_remembered_until_the_last_ends_it() -> None:
    world = World(a_definition(2))
    first = answered(world)
    assert first.events == (advanced("s0", Outcome.DONE),)
    assert first.ask is not None
    assert (first.ask.step, first.ask.act, first.ask.attempt, first.ask.key) == ("s1", Act.DO, 1, key("s1", Act.DO))
    assert answered(world).events == (advanced("s1", Outcome.DONE), ended(Status.COMPLETED))
    assert world.saga.data == {"s0": {"n": 0}, "s1": {"n": 1}}
    assert [at.happened for at in world.saga.steps] == [True, True]


def test_a_refusal_is_told_with_its_words_and_the_step_before_it_is_undone() -> None:
    world = World(a_definition(2), {"s1": 1})
    answered(world)
    turned = answered(world)
    assert turned.events == (advanced("s1", Outcome.REFUSED, "out_of_stock: no"),)
    assert world.saga.at("s1").reason == "out_of_stock: no"
    assert turned.ask == Ask(
        step="s0",
        act=Act.UNDO,
        attempt=2,
        key=key("s0", Act.UNDO),
        delay_seconds=0.0,
        deadline=NOW + timedelta(seconds=30),
    )
    assert answered(world).events == (advanced("s0", Outcome.UNDONE), ended(Status.COMPENSATED))
    assert world.saga.at("s0").reason is None


def test_silence_is_told_and_the_step_that_was_silent_is_undone_too() -> None:
    world = World(a_definition(1))
    asked = timed_out(world)
    assert asked.events == (advanced("s0", Outcome.TIMED_OUT),)
    assert (world.saga.at("s0").reason, world.saga.still_done) == ("it is not answered", ("s0",))
    assert asked.ask is not None
    assert (asked.ask.act, asked.ask.attempt) == (Act.UNDO, 2)
    assert answered(world).events == (advanced("s0", Outcome.NOTHING_TO_UNDO, NOTHING), ended(Status.COMPENSATED))


def test_an_undo_is_asked_again_a_little_later_each_time_under_the_same_key() -> None:
    world = turning_back()
    refusals = ("silent", "refused", "silent", "refused")
    for times, how in enumerate(refusals, start=1):
        if how == "silent":
            again = timed_out(world)
            assert again.events == (advanced("s0", Outcome.UNDO_TIMED_OUT),)
            assert world.saga.at("s0").reason == "its undo is not answered"
        else:
            attempt = world.asks[-1].attempt
            again = world.say(Refused(step="s0", act=Act.UNDO, attempt=attempt, code="busy", detail="later"))
            assert again.events == (advanced("s0", Outcome.UNDO_REFUSED, "busy: later"),)
            assert world.saga.at("s0").reason == "busy: later"
        assert again.ask is not None
        delay = delay_seconds(RETRIES, times, key("s0", Act.UNDO))
        assert (again.ask.key, again.ask.delay_seconds) == (key("s0", Act.UNDO), delay)
        assert again.ask.deadline == NOW + timedelta(seconds=delay + 30)
        assert again.ask.attempt == times + 2
    given_up = timed_out(world)
    assert [at.state for at in world.saga.steps] == [StepState.UNDO_FAILED, StepState.FAILED]
    assert given_up.events == (
        advanced("s0", Outcome.UNDO_TIMED_OUT),
        SagaStuck(saga_id=ID, still_done=("s0",), reason="s0: its undo is not answered"),
    )
    assert world.saga.reason == "s0: its undo is not answered"


def test_what_is_undone_after_all_no_longer_says_why_it_was_not() -> None:
    world = turning_back()
    timed_out(world)
    assert answered(world).events == (advanced("s0", Outcome.UNDONE), ended(Status.COMPENSATED))
    assert (world.saga.at("s0").state, world.saga.at("s0").reason) == (StepState.UNDONE, None)


def test_a_success_that_comes_when_its_undo_was_given_up_is_late_and_undone_from_the_beginning() -> None:
    world = World(a_definition(1))
    for _ in range(RETRIES.attempts + 1):
        timed_out(world)
    assert (world.saga.status, world.saga.at("s0").state) == (Status.STUCK, StepState.UNDO_FAILED)
    late = world.say(world.carry_out(world.asks[0]))
    assert late.events == (advanced("s0", Outcome.DONE_LATE),)
    assert late.ask is not None
    assert (late.ask.act, late.ask.attempt, late.ask.delay_seconds) == (Act.UNDO, RETRIES.attempts + 2, 0.0)
    assert (late.saga.status, late.saga.at("s0").since) == (Status.COMPENSATING, RETRIES.attempts + 2)


def test_a_refusal_or_silence_on_an_earlier_ask_means_nothing_any_more() -> None:
    world = turning_back()
    timed_out(world)
    before = world.saga
    for said in (
        TimedOut(step="s0", act=Act.UNDO, attempt=2),
        Refused(step="s0", act=Act.UNDO, attempt=2, code="busy", detail="later"),
        TimedOut(step="s0", act=Act.DO, attempt=3),
        Refused(step="s1", act=Act.DO, attempt=1, code="out_of_stock", detail="no"),
    ):
        assert world.say(said) == Reaction(saga=before)


def test_a_stuck_saga_says_of_every_step_why_it_cannot_be_undone() -> None:
    world = stuck()
    reason = "s0: out_of_stock: no; s1: out_of_stock: no"
    assert world.reactions[-1].events[-1] == SagaStuck(saga_id=ID, still_done=("s0", "s1"), reason=reason)
    assert world.saga.reason == reason


def test_a_last_step_without_undo_is_asked_again_and_at_last_waits_for_an_answer() -> None:
    world = World(a_definition(1, last_has_undo=False))
    for times in range(1, RETRIES.attempts):
        again = timed_out(world)
        assert again.events == (advanced("s0", Outcome.TIMED_OUT),)
        assert again.ask is not None
        delay = delay_seconds(RETRIES, times, key("s0", Act.DO))
        assert (again.ask.act, again.ask.attempt, again.ask.delay_seconds) == (Act.DO, times + 1, delay)
    reason = "s0: it is not answered, and it has no undo"
    assert timed_out(world).events == (
        advanced("s0", Outcome.TIMED_OUT),
        SagaStuck(saga_id=ID, still_done=("s0",), reason=reason),
    )
    late = world.carry_out(world.asks[0])
    assert world.say(late).events == (advanced("s0", Outcome.DONE), ended(Status.COMPLETED))
    assert (world.saga.reason, world.saga.at("s0").reason, world.saga.at("s0").since) == (None, None, 0)


def test_a_success_that_came_too_late_is_undone_and_only_undos_asked_after_it_count() -> None:
    world = World(a_definition(1))
    timed_out(world)
    early = world.carry_out(world.asks[-1])
    late = world.say(world.carry_out(world.asks[0]))
    assert late.events == (advanced("s0", Outcome.DONE_LATE),)
    assert late.ask is not None
    assert (late.ask.act, late.ask.attempt, late.ask.delay_seconds) == (Act.UNDO, 3, 0.0)
    assert (world.saga.at("s0").since, world.saga.at("s0").tries) == (3, 1)
    assert world.say(early).events == ()
    assert answered(world).events == (advanced("s0", Outcome.UNDONE), ended(Status.COMPENSATED))


def test_a_step_that_is_done_and_has_no_undo_is_left_with_its_reason() -> None:
    world = World(a_definition(2, last_has_undo=False), {"s1": 1})
    answered(world)
    answered(world)
    answered(world)
    assert world.saga.status is Status.COMPENSATED
    late = world.say(world.carry_out(world.asks[1]))
    assert late.events == (
        advanced("s1", Outcome.DONE_LATE),
        SagaStuck(saga_id=ID, still_done=("s1",), reason="s1: it is done and has no undo"),
    )
    assert world.saga.at("s1").state is StepState.UNDO_FAILED
    with pytest.raises(NothingToRetry, match="s1: it is done and has no undo"):
        retry(world.definition, world.saga, NOW)


def test_a_person_asks_again_for_all_that_failed_the_last_first_and_from_the_beginning() -> None:
    world = stuck()
    again = world.take(retry(world.definition, world.saga, NOW))
    assert again.events == (advanced("s0", Outcome.RETRIED), advanced("s1", Outcome.RETRIED))
    assert again.ask is not None
    assert (again.ask.step, again.ask.act, again.ask.delay_seconds) == ("s1", Act.UNDO, 0.0)
    assert (world.saga.status, world.saga.reason) == (Status.COMPENSATING, None)
    assert [at.tries for at in world.saga.steps] == [0, 1, 0]
    assert world.saga.at("s0").state is StepState.UNKNOWN


def test_a_person_asks_a_last_step_without_undo_for_its_answer_again() -> None:
    world = World(a_definition(1, last_has_undo=False))
    for _ in range(RETRIES.attempts):
        timed_out(world)
    again = world.take(retry(world.definition, world.saga, NOW))
    assert again.events == (advanced("s0", Outcome.RETRIED),)
    assert again.ask is not None
    assert (again.ask.act, again.ask.attempt, again.ask.delay_seconds) == (Act.DO, RETRIES.attempts + 1, 0.0)
    assert (world.saga.status, world.saga.at("s0").tries) == (Status.RUNNING, 1)


def test_what_a_person_forgives_is_told_with_the_reason_and_adds_to_what_was_forgiven() -> None:
    world = stuck({"s1": ALWAYS})
    assert (world.saga.still_done, world.saga.at("s0").state) == (("s1",), StepState.UNDONE)
    told = world.take(forgive(world.saga, "sold by hand"))
    assert told.events == (SagaEnded(saga_id=ID, status=Status.COMPENSATED, forgiven=("s1",), reason="sold by hand"),)
    assert (told.saga.forgiven, told.saga.reason, told.saga.parked_as) == (("s1",), "sold by hand", None)
    assert told.ask is None
    world.undo_refuses.clear()
    world.say(world.carry_out(world.asks[2]))
    for _ in range(RETRIES.attempts):
        timed_out(world)
    assert (world.saga.status, world.saga.still_done) == (Status.STUCK, ("s2",))
    assert world.take(forgive(world.saga, "that too")).saga.forgiven == ("s1", "s2")


def test_forgiving_needs_a_reason_and_a_stuck_saga() -> None:
    for reason in ("", " ", "\n"):
        with pytest.raises(ReasonMissing) as refused:
            forgive(stuck().saga, reason)
        assert refused.value.path == "$.reason"
    with pytest.raises(SagaNotStuck):
        forgive(turning_back().saga, "r")


@pytest.mark.parametrize(
    ("world", "was", "step", "act"),
    [
        (lambda: World(a_definition(2)), Status.RUNNING, "s0", Act.DO),
        (turning_back, Status.COMPENSATING, "s0", Act.UNDO),
    ],
)
def test_a_saga_of_a_version_nobody_knows_waits_as_it_was_and_is_asked_again(
    world: object, was: Status, step: str, act: Act
) -> None:
    waiting = parked(world())  # type: ignore[operator]
    before, reason = waiting.reactions[-2].saga, "version 1 of 'errand' is not known here"
    assert waiting.reactions[-1].events == (SagaStuck(saga_id=ID, still_done=before.still_done, reason=reason),)
    assert waiting.saga == replace(before, status=Status.STUCK, parked_as=was, reason=reason)
    assert park(waiting.saga) == Reaction(saga=waiting.saga)
    again = waiting.take(retry(waiting.definition, waiting.saga, NOW))
    assert again.events == (advanced(step, Outcome.RETRIED),)
    assert again.ask is not None
    assert (again.ask.step, again.ask.act, again.ask.key) == (step, act, key(step, act))
    assert (again.ask.attempt, again.ask.delay_seconds) == (before.at(step).attempt + 1, 0.0)
    assert (again.saga.status, again.saga.parked_as, again.saga.reason) == (was, None, None)
    assert again.saga.at(step).tries == 1
    while waiting.saga.status in (Status.RUNNING, Status.COMPENSATING):
        answered(waiting)
    waiting.check()


def test_a_parked_saga_that_is_forgiven_is_parked_no_longer() -> None:
    world = parked(World(a_definition(2)))
    forgiven = world.take(forgive(world.saga, "by hand")).saga
    assert (forgiven.status, forgiven.forgiven, forgiven.parked_as) == (Status.COMPENSATED, ("s0",), None)
    assert world.say(world.carry_out(world.asks[0])) == Reaction(saga=forgiven)


def test_a_parked_saga_that_is_answered_goes_on_where_it_was() -> None:
    forward, back = parked(World(a_definition(2))), parked(turning_back())
    assert answered(forward).events == (advanced("s0", Outcome.DONE),)
    assert (forward.saga.status, forward.saga.parked_as, forward.saga.reason) == (Status.RUNNING, None, None)
    assert answered(back).events == (advanced("s0", Outcome.UNDONE), ended(Status.COMPENSATED))
    assert back.saga.parked_as is None


def test_a_parked_saga_that_wakes_to_a_late_success_asks_again_for_what_is_in_hand() -> None:
    world = World(a_definition(2))
    answered(world)
    timed_out(world)
    answered(world)
    undoing = world.asks[-1]
    assert (undoing.step, undoing.act) == ("s0", Act.UNDO)
    parked(world)
    woken = world.say(world.carry_out(world.asks[1]))
    assert woken.events == (advanced("s1", Outcome.DONE_LATE),)
    assert woken.ask is not None
    assert (woken.ask.step, woken.ask.act, woken.ask.key) == ("s0", Act.UNDO, undoing.key)
    assert woken.ask.attempt == undoing.attempt + 1
    assert world.saga.parked_as is None


def test_a_parked_saga_that_had_turned_back_does_not_go_forward_on_a_late_success() -> None:
    world = World(a_definition(2))
    timed_out(world)
    parked(world)
    woken = world.say(world.carry_out(world.asks[0]))
    assert woken.events == (advanced("s0", Outcome.DONE_LATE),)
    assert woken.ask is not None
    assert (woken.ask.step, woken.ask.act) == ("s0", Act.UNDO)
    assert (woken.saga.status, woken.saga.parked_as) == (Status.COMPENSATING, None)


def test_a_late_success_waits_while_another_undo_is_in_hand() -> None:
    world = World(a_definition(2))
    answered(world)
    timed_out(world)
    answered(world)
    late = world.say(world.carry_out(world.asks[1]))
    assert (late.events, late.ask) == ((advanced("s1", Outcome.DONE_LATE),), None)
    assert late.saga.status is Status.COMPENSATING
    following = answered(world).ask
    assert following is not None
    assert (following.step, following.act) == ("s1", Act.UNDO)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((), "errand: steps have names of one word, each its own"),
        ((1, 0), "errand: only the last step may have no undo"),
    ],
)
def test_a_table_is_refused_in_words_that_name_it(steps: tuple[int, ...], words: str) -> None:
    one, other = a_definition(2, last_has_undo=False).steps
    with pytest.raises(InvalidDefinition, match=words):
        Definition(name="errand", version=1, steps=tuple((one, other)[number] for number in steps))
