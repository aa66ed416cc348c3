"""Any saga in any world ends whole or untouched, or is stuck and lists exactly what is still done."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import combinations_with_replacement, product
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from core.sagas import engine, hearing, operating
from core.sagas.definition import Definition
from core.sagas.engine import Reaction
from core.sagas.events import SagaAdvanced, SagaEnded, SagaStuck
from core.sagas.hearing import RETRIES
from core.sagas.moves import SAGA_MOVES, STEP_MOVES, Signal
from core.sagas.operating import forgive, park, retry
from core.sagas.saga import MOVING, Act, Ask, NothingToRetry, Refused, Saga, Said, Status, StepState
from tests.support.given import NOW
from tests.support.saga_world import NOT_YET, World, a_definition

ALWAYS = 10**6
MANY = 100
STEPS = st.sampled_from(["s0", "s1", "s2", "s3"])


def watch(world: World) -> None:
    """Every reaction moves by the tables, leaves one ask in hand while it moves, and keeps its keys."""
    for reaction in world.reactions:
        saga = reaction.saga
        in_hand = [step for step in saga.steps if step.state in (StepState.ASKED, StepState.UNDOING)]
        assert len(in_hand) == (saga.status in MOVING), saga
        if reaction.ask is not None:
            assert [step.name for step in in_hand] == [reaction.ask.step]
            assert reaction.ask.attempt == in_hand[0].attempt
    by_act: dict[tuple[str, Act], set[str]] = {}
    for ask in world.asks:
        by_act.setdefault((ask.step, ask.act), set()).add(ask.key)
    assert all(len(keys) == 1 for keys in by_act.values())
    assert len({(ask.step, ask.attempt) for ask in world.asks}) == len(world.asks)


def settle(world: World, replies: list[Said], draw: st.DataObject | None = None) -> None:
    """Everything asked is carried out and answered, in any order, until nothing is left."""
    carried = 0
    while replies or carried < len(world.asks):
        if carried < len(world.asks):
            replies.append(world.carry_out(world.asks[carried]))
            carried += 1
        else:
            place = draw.draw(st.integers(0, len(replies) - 1)) if draw else 0
            said = replies.pop(place)
            world.say(said)
            look_again(world, said, replies)


def look_again(world: World, said: Said, replies: list[Said]) -> None:
    """What has not happened yet is looked for once more, until its time is over."""
    ask = world.in_hand()
    if isinstance(said, Refused) and said.code == NOT_YET and ask is not None and ask.step == said.step:
        if world.patience[said.step] > MANY:
            world.silence()
        else:
            replies.append(world.carry_out(ask))


@given(
    draw=st.data(),
    steps=st.integers(1, 4),
    last_has_undo=st.booleans(),
    waits=st.sets(st.integers(0, 3), max_size=2),
    patience=st.dictionaries(STEPS, st.sampled_from([1, 3, ALWAYS]), max_size=2),
    refusals=st.dictionaries(STEPS, st.sampled_from([1, 2, ALWAYS]), max_size=2),
    stubborn=st.dictionaries(STEPS, st.sampled_from([1, 4, ALWAYS]), max_size=2),
)
@settings(max_examples=9 * settings().max_examples)
def test_the_world_ends_whole_or_untouched(
    draw: st.DataObject,
    steps: int,
    last_has_undo: bool,
    waits: set[int],
    patience: dict[str, int],
    refusals: dict[str, int],
    stubborn: dict[str, int],
) -> None:
    definition = a_definition(steps, last_has_undo=last_has_undo, waits=waits)
    world = World(definition, dict(refusals), dict(stubborn), patience=dict(patience))
    replies: list[Said] = []
    for _ in range(draw.draw(st.integers(0, 40))):
        happens = draw.draw(st.sampled_from(["carry out", "answer", "answer twice", "silence", "retry"]))
        if happens == "carry out":
            replies.append(world.carry_out(draw.draw(st.sampled_from(world.asks))))
        elif happens == "silence":
            world.silence()
        elif happens == "retry" and world.saga.status is Status.STUCK:
            try:
                world.take(retry(world.definition, world.saga, NOW))
            except NothingToRetry:
                event("nothing to retry")
        elif happens in ("answer", "answer twice") and replies:
            said = draw.draw(st.sampled_from(replies))
            if happens == "answer":
                replies.remove(said)
            world.say(said)
    settle(world, replies, draw)
    watch(world)
    world.check()
    event(f"{world.saga.status}")


@given(draw=st.data(), steps=st.integers(1, 4), last_has_undo=st.booleans())
def test_what_was_said_gives_the_same_saga_again(draw: st.DataObject, steps: int, last_has_undo: bool) -> None:
    world = World(a_definition(steps, last_has_undo=last_has_undo))
    for _ in range(draw.draw(st.integers(0, 25))):
        if draw.draw(st.booleans()):
            world.say(world.carry_out(draw.draw(st.sampled_from(world.asks))))
        else:
            world.silence()
    world.check_replay()


FAULTS = ("crash before the answer", "answered twice", "silence", "silence, then success", "refused", "undo fails")
Point = tuple[int, Act, str]
POINTS = [(step, act, fault) for step in range(3) for act, fault in product(Act, FAULTS)]
PAIRS = list(combinations_with_replacement(POINTS, 2))


def play(faults: tuple[Point, ...], *, last_has_undo: bool, react: Any = None) -> World:
    """Three steps, in order, but for the faults; what was late comes at the very end."""
    definition = a_definition(3, last_has_undo=last_has_undo)
    chosen = {(f"s{step}", act): fault for step, act, fault in faults}
    refuses = {step: 1 for (step, act), fault in chosen.items() if act is Act.DO and fault == "refused"}
    undo_refuses = {step: 1 for (step, act), fault in chosen.items() if act is Act.UNDO and fault == "refused"}
    undo_refuses |= {step: ALWAYS for (step, _), fault in chosen.items() if fault == "undo fails"}
    world = World(definition, refuses, undo_refuses, react)
    late: list[Said | Ask] = []
    carried = 0
    while carried < len(world.asks):
        ask = world.asks[carried]
        carried += 1
        fault = chosen.pop((ask.step, ask.act), None)
        if fault == "silence":
            late.append(ask)
            world.silence()
            continue
        said = world.carry_out(ask)
        if fault == "silence, then success":
            late.append(said)
            world.silence()
            continue
        if fault == "crash before the answer":
            said = world.carry_out(ask)
        world.say(said)
        if fault == "answered twice":
            world.say(said)
        if carried == len(world.asks) and late:
            came = late.pop()
            world.say(world.carry_out(came) if isinstance(came, Ask) else came)
    for came in late:
        world.say(world.carry_out(came) if isinstance(came, Ask) else came)
        settle_asks(world, carried)
        carried = len(world.asks)
    return world


def settle_asks(world: World, carried: int) -> None:
    while carried < len(world.asks):
        world.say(world.carry_out(world.asks[carried]))
        carried += 1


@pytest.mark.parametrize("last_has_undo", [True, False])
def test_every_fault_and_every_pair_of_faults_at_every_point(last_has_undo: bool) -> None:
    turned_back = (2, Act.DO, "refused")
    for pair in PAIRS:
        for faults in (pair[:1], pair, (*pair, turned_back)):
            world = play(faults, last_has_undo=last_has_undo)
            watch(world)
            world.check()
            world.check_replay()


def test_an_undo_that_fails_is_asked_so_often_and_the_others_go_on() -> None:
    world = World(a_definition(3), {"s2": 1}, {"s1": ALWAYS})
    settle_asks(world, 0)
    assert (world.saga.status, world.saga.still_done) == (Status.STUCK, ("s1",))
    undos = [ask.step for ask in world.asks if ask.act is Act.UNDO]
    assert undos == ["s1"] * RETRIES.attempts + ["s0"]
    delays = [ask.delay_seconds for ask in world.asks if ask.step == "s1" and ask.act is Act.UNDO]
    assert delays[0] == 0
    assert delays[1:] == sorted(delays[1:])
    assert all(ask.deadline > NOW for ask in world.asks)
    told = world.reactions[-1].events[-1]
    assert isinstance(told, SagaStuck)
    assert told.still_done == ("s1",)
    world.undo_refuses.clear()
    world.take(retry(world.definition, world.saga, NOW))
    settle_asks(world, len(world.asks) - 1)
    world.check()
    assert world.saga.status is Status.COMPENSATED


def test_a_last_step_without_undo_is_never_given_up_for_lost() -> None:
    world = World(a_definition(2, last_has_undo=False))
    world.say(world.carry_out(world.asks[0]))
    for _ in range(RETRIES.attempts):
        world.silence()
    assert (world.saga.status, world.saga.still_done) == (Status.STUCK, ("s0", "s1"))
    assert {ask.act for ask in world.asks} == {Act.DO}
    late = world.carry_out(world.asks[1])
    world.say(late)
    assert world.saga.status is Status.COMPLETED
    world.check()


def test_what_is_forgiven_stays_done_and_is_nobodys_any_more() -> None:
    world = World(a_definition(2), {"s1": 1}, {"s0": ALWAYS})
    settle_asks(world, 0)
    ended = world.take(forgive(world.saga, "sold by hand"))
    assert (ended.saga.status, ended.saga.forgiven, ended.saga.still_done) == (Status.COMPENSATED, ("s0",), ())
    assert isinstance(ended.events[0], SagaEnded)
    world.undo_refuses.clear()
    assert not world.say(world.carry_out(world.asks[-1])).events
    assert world.say(world.carry_out(world.asks[1])).ask is not None
    settle_asks(world, len(world.asks) - 1)
    assert (world.saga.status, world.saga.still_done) == (Status.COMPENSATED, ())


class Walked(dict[Any, Any]):
    """A table that remembers which of its rows were taken."""

    def __init__(self, table: Mapping[Any, Any]) -> None:
        super().__init__(table)
        self.rows: set[Any] = set()

    def __getitem__(self, row: Any) -> Any:
        self.rows.add(row)
        return super().__getitem__(row)


def test_every_row_of_the_tables_is_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    steps, turns = Walked(STEP_MOVES), Walked(SAGA_MOVES)
    for module in (engine, hearing, operating):
        monkeypatch.setattr(module, "STEP_MOVES", steps)
    monkeypatch.setattr(engine, "SAGA_MOVES", turns)
    for pair, last_has_undo in product(PAIRS, (True, False)):
        play((*pair, (2, Act.DO, "refused")), last_has_undo=last_has_undo)
        play(pair, last_has_undo=last_has_undo)
    test_an_undo_that_fails_is_asked_so_often_and_the_others_go_on()
    test_a_last_step_without_undo_is_never_given_up_for_lost()
    test_a_last_step_refused_late_turns_the_saga_back()
    test_what_is_forgiven_stays_done_and_is_nobodys_any_more()
    test_a_success_after_a_refusal_or_after_giving_up_is_undone()
    test_who_knows_the_version_goes_on_with_a_parked_saga()
    test_an_undo_that_came_too_early_does_not_count()
    test_a_last_step_that_happened_after_all_and_has_no_undo_waits_for_a_person()
    test_what_was_waited_for_is_let_go_when_the_saga_turns_back()
    assert set(STEP_MOVES) - steps.rows == set()
    assert set(SAGA_MOVES) - turns.rows == set()


def test_a_last_step_refused_late_turns_the_saga_back() -> None:
    world = World(a_definition(2, last_has_undo=False), {"s1": 1})
    world.say(world.carry_out(world.asks[0]))
    for _ in range(RETRIES.attempts):
        world.silence()
    world.say(world.carry_out(world.asks[-1]))
    settle_asks(world, len(world.asks) - 1)
    assert world.saga.status is Status.COMPENSATED
    world.check()


def test_a_success_after_a_refusal_or_after_giving_up_is_undone() -> None:
    world = World(a_definition(2), {"s1": 1})
    world.say(world.carry_out(world.asks[0]))
    world.say(world.carry_out(world.asks[1]))
    settle_asks(world, 2)
    assert world.saga.status is Status.COMPENSATED
    world.say(world.carry_out(world.asks[1]))
    assert world.saga.status is Status.COMPENSATING
    for _ in range(RETRIES.attempts):
        world.silence()
    assert (world.saga.status, world.saga.still_done) == (Status.STUCK, ("s1",))
    world.say(world.carry_out(world.asks[-1]))
    assert world.saga.status is Status.COMPENSATED
    silent = World(a_definition(1))
    for _ in range(RETRIES.attempts + 1):
        silent.silence()
    assert silent.saga.status is Status.STUCK
    silent.say(silent.carry_out(silent.asks[0]))
    settle_asks(silent, len(silent.asks) - 1)
    assert silent.saga.status is Status.COMPENSATED
    silent.check()


def test_an_undo_that_came_too_early_does_not_count() -> None:
    world = World(a_definition(1))
    world.silence()
    too_early = world.carry_out(world.asks[1])
    world.say(world.carry_out(world.asks[0]))
    assert not world.say(too_early).events
    assert world.saga.status is Status.COMPENSATING
    settle_asks(world, len(world.asks) - 1)
    world.check()


def test_a_last_step_that_happened_after_all_and_has_no_undo_waits_for_a_person() -> None:
    world = World(a_definition(2, last_has_undo=False), {"s1": 1})
    settle_asks(world, 0)
    assert world.saga.status is Status.COMPENSATED
    world.say(world.carry_out(world.asks[1]))
    world.check()
    assert (world.saga.status, world.saga.still_done) == (Status.STUCK, ("s1",))
    with pytest.raises(NothingToRetry):
        retry(world.definition, world.saga, NOW)


def test_a_wait_changes_nothing_until_what_it_waits_for_has_happened() -> None:
    world = World(a_definition(3, waits={1}), patience={"s1": 2})
    world.say(world.carry_out(world.asks[0]))
    for _ in range(2):
        before = world.saga
        assert not world.say(world.carry_out(world.asks[1])).events
        assert world.saga == before
    settle_asks(world, 1)
    assert world.saga.status is Status.COMPLETED
    world.check()


def test_a_wait_whose_time_is_over_turns_the_saga_back() -> None:
    world = World(a_definition(3, waits={1}))
    world.say(world.carry_out(world.asks[0]))
    late = world.carry_out(world.asks[1])
    world.silence()
    assert world.saga.at("s1").reason == "it has not happened in time"
    settle_asks(world, 2)
    assert world.saga.status is Status.COMPENSATED
    assert not world.say(late).events
    world.check()


def test_a_last_wait_whose_time_is_over_waits_for_a_person_or_for_what_comes_after_all() -> None:
    world = World(a_definition(2, waits={1}))
    world.say(world.carry_out(world.asks[0]))
    world.silence()
    assert (world.saga.status, world.saga.still_done) == (Status.STUCK, ("s0", "s1"))
    stuck = world.saga
    again = retry(world.definition, stuck, NOW)
    assert again.ask is not None
    assert (again.saga.status, again.ask.step, again.ask.attempt) == (Status.RUNNING, "s1", 2)
    world.say(world.carry_out(world.asks[1]))
    assert world.saga.status is Status.COMPLETED
    refused = World(a_definition(2, waits={1}), {"s1": 1})
    settle_asks(refused, 0)
    assert refused.saga.status is Status.COMPENSATED
    refused.check()


def test_what_was_waited_for_is_let_go_when_the_saga_turns_back() -> None:
    world = World(a_definition(3, waits={1}), {"s2": 1})
    settle_asks(world, 0)
    assert [(ask.step, ask.act) for ask in world.asks if ask.act is Act.UNDO] == [("s0", Act.UNDO)]
    assert (world.saga.status, world.saga.still_done) == (Status.COMPENSATED, ())
    world.check()


def test_who_knows_the_version_goes_on_with_a_parked_saga() -> None:
    for refused in (0, 1):
        world = World(a_definition(2), {"s1": refused})
        world.say(world.carry_out(world.asks[0]))
        if refused:
            world.say(world.carry_out(world.asks[1]))
        told = world.take(park(world.saga)).events
        assert [type(one) for one in told] == [SagaStuck]
        assert world.saga.reason == "version 1 of 'errand' is not known here"
        assert not park(world.saga).events
        parked = world.saga
        world.say(world.carry_out(world.asks[-1]))
        assert world.saga.status is (Status.COMPENSATED if refused else Status.COMPLETED)
        asked = retry(world.definition, parked, NOW).ask
        assert asked is not None
        assert (asked.step, asked.act) == (world.asks[-1].step, world.asks[-1].act)
        assert asked.key == world.asks[-1].key
        assert forgive(parked, "r").saga.status is Status.COMPENSATED


def test_what_is_in_hand_gets_a_new_time_limit_when_a_parked_saga_wakes() -> None:
    world = World(a_definition(2))
    world.say(world.carry_out(world.asks[0]))
    world.silence()
    world.say(world.carry_out(world.asks[2]))
    undoing = world.asks[-1]
    assert (undoing.step, undoing.act) == ("s0", Act.UNDO)
    world.take(park(world.saga))
    again = world.say(world.carry_out(world.asks[1])).ask
    assert again is not None
    assert (again.step, again.act, again.key) == ("s0", Act.UNDO, undoing.key)
    settle_asks(world, 3)
    world.check()


def test_what_was_forgiven_on_the_way_back_is_left_alone_when_the_saga_opens_again() -> None:
    world = World(a_definition(3), {"s2": 1})
    for _ in range(3):
        world.say(world.carry_out(world.asks[-1]))
    world.take(park(world.saga))
    world.take(forgive(world.saga, "settled"))
    assert world.saga.forgiven == ("s0", "s1")
    before = len(world.asks)
    world.say(world.carry_out(world.asks[2]))
    settle_asks(world, before)
    assert [(ask.step, ask.act) for ask in world.asks[before:]] == [("s2", Act.UNDO)]
    assert world.saga.status is Status.COMPENSATED
    assert [world.effects[step] for step in ("s0", "s1", "s2")] == [1, 1, 0]


Reacts = Callable[[Definition, Saga, Said, Any], Reaction]


def remembering_nothing(definition: Definition, saga: Saga, said: Said, now: Any) -> Reaction:
    """A success said again is news."""
    return engine.react(
        definition, replace(saga, steps=tuple(replace(at, happened=False) for at in saga.steps)), said, now
    )


def trusting_early_undos(definition: Definition, saga: Saga, said: Said, now: Any) -> Reaction:
    """An undo asked before the step was known to have happened counts as one asked after."""
    return engine.react(definition, replace(saga, steps=tuple(replace(at, since=0) for at in saga.steps)), said, now)


def stopping_at_a_failed_undo(definition: Definition, saga: Saga, said: Said, now: Any) -> Reaction:
    """The first undo that fails for good ends it."""
    reaction = engine.react(definition, saga, said, now)
    if all(at.state is not StepState.UNDO_FAILED for at in reaction.saga.steps):
        return reaction
    failed = tuple(at.name for at in reaction.saga.steps if at.state is StepState.UNDO_FAILED)
    steps = tuple(replace(at, state=StepState.UNDONE) if at.name not in failed else at for at in reaction.saga.steps)
    return replace(reaction, saga=replace(reaction.saga, status=Status.STUCK, steps=steps), ask=None)


def without(*rows: StepState) -> dict[Any, Any]:
    return {row: after for row, after in STEP_MOVES.items() if not (row[1] is Signal.SUCCEED and row[0] in rows)}


LATE = (StepState.FAILED, StepState.UNDOING, StepState.UNDONE, StepState.UNDO_FAILED)
MUTANTS: dict[str, tuple[str, Any]] = {
    "late success is ignored": ("STEP_MOVES", without(*LATE)),
    "success after the end is ignored": ("STEP_MOVES", without(StepState.UNDONE)),
    "what is not known is not undone": ("TO_UNDO", (StepState.DONE,)),
    "duplicates are news": ("react", remembering_nothing),
    "early undos count": ("react", trusting_early_undos),
    "a failed undo stops the others": ("react", stopping_at_a_failed_undo),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_defect_of_the_engine_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, planted = MUTANTS[name]
    reacts: Reacts = planted if place == "react" else engine.react
    for module in (engine, hearing):
        if hasattr(module, place) and place != "react":
            monkeypatch.setattr(module, place, planted)
    found = False
    for pair, last_has_undo in product(PAIRS, (True, False)):
        try:
            play((*pair, (2, Act.DO, "refused")), last_has_undo=last_has_undo, react=reacts).check()
        except (AssertionError, KeyError):
            found = True
            break
    assert found, f"nobody noticed that {name}"


def test_a_reaction_tells_what_it_did() -> None:
    world = World(a_definition(1))
    reaction = world.say(replace(world.carry_out(world.asks[0])))
    assert [type(told) for told in reaction.events] == [SagaAdvanced, SagaEnded]
