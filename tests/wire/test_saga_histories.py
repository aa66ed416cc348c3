"""Running sagas go on as they began: every pinned version still decides what its golden histories say."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.toolkit.saga_histories import history_files, replayed, write_histories
from core.sagas.allocate_to_channel import V1
from core.sagas.definition import Definition
from core.sagas.definitions import DEFINITIONS
from core.sagas.saga import Status

CONTRACTS = Path(__file__).parents[2] / "contracts"
FILES = sorted(file.relative_to(CONTRACTS).as_posix() for file in CONTRACTS.glob("sagas/*/*.json"))
WRITE = """python -c "from pathlib import Path; from adapters.toolkit.saga_histories import write_histories as w; \
w(Path('contracts'))" """


def read(place: str) -> Any:
    return msgspec.json.decode((CONTRACTS / place).read_bytes())


def definition_of(place: str) -> Definition:
    name, _, version = place.split("/")[1].rpartition(".v")
    return DEFINITIONS[name, int(version)]


@pytest.mark.parametrize("place", FILES)
def test_a_history_is_decided_as_it_was(place: str) -> None:
    assert replayed(definition_of(place), read(place)) == read(place)


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=lambda one: f"{one.name}.v{one.version}")
def test_a_definition_has_every_history_it_must_have(definition: Definition) -> None:
    folder = f"sagas/{definition.name}.v{definition.version}"
    wanted = {"completed", "stuck-and-forgiven", "stuck-and-retried"}
    for ending in ("refused", "timed-out", "succeeded-late"):
        wanted |= {f"{step.name}-{ending}" for step in definition.steps}
    wanted |= {f"{step.name}-not-yet" for step in definition.steps if step.waits}
    have = {Path(place).stem for place in FILES if place.startswith(f"{folder}/")}
    assert have == wanted, f"write what is missing: {WRITE}"


def test_what_is_kept_is_what_would_be_written() -> None:
    drifted = [place for place, body in history_files().items() if (CONTRACTS / place).read_bytes() != body]
    assert drifted == [], "decisions of a pinned version changed: take a new version instead"


def test_the_stories_end_as_their_names_say() -> None:
    ends = {Path(place).stem: read(place)[-1]["status"] for place in FILES if "allocate-to-channel.v1" in place}
    assert ends["completed"] == ends["commit-timed-out"] == ends["commit-succeeded-late"] == Status.COMPLETED
    assert {ends[f"{step}-refused"] for step in ("reserve", "allot", "commit")} == {Status.COMPENSATED}
    assert {ends[f"{step}-succeeded-late"] for step in ("reserve", "allot")} == {Status.COMPENSATED}
    late = [moment["status"] for moment in read("sagas/allocate-to-channel.v1/reserve-succeeded-late.json")]
    assert late == ["running", "compensating", "compensated", "compensating", "compensated"]
    assert "stuck" in [moment["status"] for moment in read("sagas/allocate-to-channel.v1/stuck-and-forgiven.json")]


def test_a_changed_definition_is_noticed() -> None:
    reserve, allot, commit = V1.steps
    changed = (
        (replace(reserve, limit_seconds=31.0), allot, commit),
        (allot, reserve, commit),
        (replace(reserve, nothing_to_undo=frozenset()), allot, commit),
        (reserve, replace(allot, undo=reserve.undo), commit),
        (reserve, allot),
    )
    assert not differs(V1)
    assert all(differs(replace(V1, steps=steps)) for steps in changed)


def differs(definition: Definition) -> bool:
    """Whether some kept history would be decided otherwise, or not at all."""
    try:
        return any(replayed(definition, read(place)) != read(place) for place in FILES if definition.name in place)
    except (AssertionError, KeyError):
        return True


def test_a_history_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    place = next(iter(history_files()))
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text("kept")
    write_histories(tmp_path)
    assert (tmp_path / place).read_text() == "kept"
    assert len(list(tmp_path.glob("sagas/*/*.json"))) == len(history_files())
