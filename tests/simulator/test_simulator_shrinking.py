"""A run is a list of choices: told again it is the same run, and of a broken one only a few are needed to break it."""

import json
from collections.abc import Callable
from functools import cache

import pytest

from composition.simulation import many
from composition.simulation.choices import SCHEDULE, Choice
from composition.simulation.parts import Parts
from composition.simulation.plan import KINDS
from composition.simulation.run import simulate
from composition.simulation.shrink import names_of, shrink
from composition.simulation.story import Story, in_data, in_words
from composition.simulation.world import World
from tests.simulator.test_saga_mutants import MUTANTS as SAGA_MUTANTS
from tests.simulator.test_simulator_mutants import MUTANTS

KINDLY = [kind for kind in KINDS if kind != "killer"]
TRIED_MAX = 400
RUNS_MAX = 300
FEW = 5
"""Of so many choices at most one is left."""


def choices_of(seed: int) -> list[Choice]:
    worlds: list[World] = []
    simulate(seed, listen=worlds.append)
    return worlds[0].choices.made


@pytest.mark.parametrize("seed", [1, 7])
def test_told_its_own_choices_a_seed_comes_out_the_same(seed: int) -> None:
    assert simulate(seed, told=choices_of(seed)) == simulate(seed)


def test_a_run_without_choices_is_one_in_which_nothing_happens() -> None:
    plain = simulate(7, told=())
    assert (plain.faults, plain.violations, plain.deviations) == ({}, (), 0)
    assert plain.steps < simulate(7).steps


def test_any_choice_may_be_left_out() -> None:
    made = choices_of(7)
    for every in (2, 5):
        kept = [one for place, one in enumerate(made) if place % every]
        assert simulate(7, told=kept).violations == ()
    assert simulate(7, told=[one for one in made if one.what != SCHEDULE]).violations == ()


@cache
def first_story(parts: Callable[[], Parts]) -> Story:
    for seed in range(1, TRIED_MAX):
        if simulate(seed, KINDLY, parts()).violations:
            story = shrink(seed, KINDLY, parts, runs_max=RUNS_MAX)
            assert story is not None
            return story
    pytest.fail(f"{TRIED_MAX} seeds and nothing to shrink")


@pytest.mark.parametrize(
    "parts",
    [
        MUTANTS["a blocked lot is promised"],
        MUTANTS["the relay advances before it publishes"],
        MUTANTS["what is called off stays on the way"],
        SAGA_MUTANTS["undos are skipped"],
    ],
    ids=["lots", "relay", "transfers", "sagas"],
)
def test_what_is_broken_is_told_by_a_few_choices_that_break_it_again(parts: Callable[[], Parts]) -> None:
    story = first_story(parts)
    assert story.runs <= RUNS_MAX
    assert len(story.choices) * FEW <= story.before, in_words(story)
    again = simulate(story.seed, KINDLY, parts(), told=story.choices)
    assert again.violations == story.violations
    whole = simulate(story.seed, KINDLY, parts())
    assert names_of(again.violations) & names_of(whole.violations)


def test_a_story_says_what_was_broken_and_who_did_what_when() -> None:
    story = first_story(MUTANTS["idempotency keys are forgotten"])
    told = in_words(story)
    assert f"seed {story.seed}: {story.before} choices shrunk to {len(story.choices)} in" in told
    assert "I8: wish-" in told
    assert told.count("is sent: Receipt") == 2
    assert "a batch is decided: 2 orders, 0 failed" in told
    assert json.loads(json.dumps(in_data(story)))["choices"]


def test_it_takes_no_more_runs_than_it_may() -> None:
    story = first_story(MUTANTS["idempotency keys are forgotten"])
    short = shrink(story.seed, KINDLY, MUTANTS["idempotency keys are forgotten"], runs_max=3)
    assert short is not None
    assert (short.runs, len(short.choices) > len(story.choices)) == (3, True)


def test_where_nothing_is_broken_there_is_nothing_to_tell(capsys: pytest.CaptureFixture[str]) -> None:
    assert shrink(7, ()) is None
    assert many.simulate(7, 7, "none", as_json=False, quiet_minutes=15.0, shrinking=True) == many.EXIT_GOOD
    assert "nothing to tell" in capsys.readouterr().out


def test_a_broken_seed_is_told_at_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    asked = {"quiet_minutes": 0.05, "shrinking": True}
    assert many.simulate(7, 7, "none", as_json=True, **asked) == many.EXIT_VIOLATED  # type: ignore[arg-type]
    found = json.loads(capsys.readouterr().out)
    assert found["violations"][0].startswith("I10: not at rest 0.05 virtual minutes after everything healed")
    assert len(found["choices"]) < found["before"]
