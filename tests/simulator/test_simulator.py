"""Production code on seeded time: whatever goes wrong, what was promised holds once everything has come to rest."""

import os
import subprocess
import sys
from collections.abc import Collection
from dataclasses import replace
from itertools import count

import pytest

from composition.simulation.many import TWICE_EVERY, UnknownFault, checked, kinds_of, replay_command, report
from composition.simulation.plan import KINDS
from composition.simulation.run import QUIET_MINUTES, Result, simulate

TOGETHER = 12


@pytest.mark.parametrize("first", range(1, 61, TOGETHER))
def test_under_every_kind_of_fault_every_invariant_holds(first: int) -> None:
    for seed in range(first, first + TOGETHER):
        assert simulate(seed).violations == (), replay_command(seed, KINDS)


@pytest.mark.parametrize("seed", [39545, 63439, 95177, 182594, 194433])
def test_a_seed_that_once_found_something_finds_nothing_any_more(seed: int) -> None:
    assert simulate(seed).violations == (), replay_command(seed, KINDS)


@pytest.mark.parametrize("kinds", [(), *((kind,) for kind in KINDS)], ids=lambda kinds: ",".join(kinds) or "none")
def test_under_one_kind_of_fault_alone_every_invariant_holds(kinds: tuple[str, ...]) -> None:
    for seed in range(1, 7):
        assert simulate(seed, kinds).violations == (), replay_command(seed, kinds)


def test_a_seed_comes_out_the_same_again() -> None:
    assert simulate(7) == simulate(7)
    assert simulate(7).trace != simulate(8).trace


def test_a_seed_comes_out_the_same_in_another_process() -> None:
    command = "from composition.simulation.run import simulate; import sys; sys.stdout.write(simulate(7).trace)"
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    other = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True, env=environment)
    assert other.stdout == simulate(7).trace


def test_of_a_hundred_seeds_one_is_run_twice_and_compared() -> None:
    runs = count()

    def never_the_same(seed: int, faults: Collection[str]) -> Result:
        return replace(once, seed=seed, trace=f"{next(runs)}")

    once = simulate(1, ())
    assert checked(TWICE_EVERY + 1, (), never_the_same).violations == ()
    (found,) = checked(TWICE_EVERY, (), never_the_same).violations
    assert found == "determinism: another trace the second time, 2 after 1"
    same = checked(TWICE_EVERY, ())
    assert (same.twice, same.violations) == (True, ())


def test_what_does_not_come_to_rest_in_time_once_nothing_goes_wrong_any_more_is_a_violation() -> None:
    whole = simulate(3)
    assert 0 < whole.phases["heal"] < QUIET_MINUTES * 60
    assert whole.phases["faults"] > 0
    found, *_ = simulate(3, quiet_minutes=0.01).violations
    assert found.startswith("I10: not at rest 0.01 virtual minutes after everything healed: ")


def test_every_kind_of_fault_is_injected_sooner_or_later() -> None:
    counted = {"skew", "silence", "buggify"}  # these are a state of the world, not events in it
    injected = {kind for seed in range(1, 25) for kind in simulate(seed).faults}
    assert injected == set(KINDS) - counted


def test_faults_are_named_or_all_or_none() -> None:
    assert kinds_of("all") == KINDS
    assert kinds_of("none") == ()
    assert kinds_of("crash, skew") == ("crash", "skew")
    with pytest.raises(UnknownFault):
        kinds_of("crash,flood")
    assert replay_command(3, ("crash",)) == "fluxor sim --seeds 3..3 --faults crash"


def test_the_report_adds_up() -> None:
    found = report((simulate(seed, ()) for seed in (1, 2)), ())
    assert (found["seeds"], found["broken"], found["faults"], found["violations"]) == (2, 0, {}, [])
    assert (found["steps"] > 1000, found["run_twice"]) == (True, 0)
