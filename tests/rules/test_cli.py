"""Exit codes and errors of the command line: one table, the same for every command."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from core.kernel.errors import NotFound
from entrypoints.cli.errors import EXITS, ExitCode, exit_of
from entrypoints.cli.main import build
from entrypoints.cli.session import Operations, Session
from entrypoints.cli.simulate import read_seeds
from ports.broker import BrokerUnavailable
from ports.storage import StorageUnavailable

COMMANDS = (
    ["up"],
    ["api"],
    ["worker"],
    ["doctor"],
    ["sim"],
    *(["db", name] for name in ("migrate", "status", "partitions", "snapshots", "check")),
    *(["tenant", name] for name in ("create", "list", "flag")),
    *(["import", name] for name in ("catalogue", "stock", "orders", "derive-stock")),
    *(["stock", name] for name in ("list", "as-of", "explain", "receive", "adjust", "count")),
    *(["order", name] for name in ("show", "list", "explain", "what-if")),
    *(["queue", name] for name in ("depth", "dead", "replay", "forgive", "redeliver")),
    *(["saga", name] for name in ("list", "show", "retry", "forgive")),
    ["bench", "orders"],
)


class WrongSetting(ValueError):
    """As composition raises it."""


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*arguments: object) -> Any:
        raise error

    return fail


def operations(error: Exception | None = None, revision: str = "0001") -> Operations:
    """Operations without a database; with ``error`` every one of them raises it."""

    @asynccontextmanager
    async def session() -> AsyncIterator[Session]:
        raise error or StorageUnavailable("there is none in this test")
        yield

    async def status() -> tuple[str | None, str]:
        if error:
            raise error
        return revision, "0002"

    async def nothing(*arguments: object) -> Any:
        return ()

    return Operations(
        version="9.9.9",
        session=session,
        up=raising(error) if error else lambda port, folder, workers, demo: 7,
        api=lambda: 0,
        worker=lambda name, relaying: 0 if name and relaying else 1,
        relay=lambda: 0,
        migrate=nothing,
        schema_status=status,
        partitions=nothing,
        bench=nothing,
        simulate=lambda first, last, faults, *told: 1 if (first, last, faults) == (3, 5, "all") else 0,
    )


def run(*arguments: str, **given: Any) -> Any:
    return CliRunner().invoke(build(operations(**given)), list(arguments))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0, result.output
    assert "Usage" in result.output


def test_version_and_exit_codes_of_processes_are_passed_on() -> None:
    assert run("--version").stdout == "9.9.9\n"
    assert run("up").exit_code == 7
    assert run("worker").exit_code == 0
    assert run("worker", "--no-relay").exit_code == 1
    assert run("relay").exit_code == 0
    assert run("sim", "--seeds", "3..5").exit_code == 1


def test_no_storage_is_three_and_says_so_as_json_on_stderr() -> None:
    result = run("tenant", "list", "--json")
    assert (result.exit_code, result.stdout) == (3, "")
    assert json.loads(result.stderr) == {
        "error": {"code": "storage_unavailable", "detail": "there is none in this test"}
    }


def test_errors_are_words_without_json() -> None:
    result = run("tenant", "list")
    assert result.stderr == "error: there is none in this test (storage_unavailable)\n"


def test_a_refusal_is_one_and_a_wrong_setting_two() -> None:
    assert run("doctor", error=NotFound("nobody")).exit_code == 1
    assert run("up", error=WrongSetting("PORT='x' is wrong")).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["stock", "count", "A", "MAIN", "1", "--tenant", "t"],
        ["stock", "count", "A", "MAIN", "much", "--tenant", "t", "--reason", "r"],
        ["stock", "receive", "A", "MAIN", "1", "--tenant", "t", "--expires-on", "soon"],
        ["sim", "--seeds", "9..1"],
        ["import", "orders", "no-such-file.csv", "--tenant", "t"],
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_an_unknown_field_in_a_mapping_is_refused_before_anything_opens(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("a\n1\n")
    result = run("import", "orders", str(file), "--tenant", "t", "--map", "colour=a", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stderr)["error"]["code"] == "unknown_field"


def test_a_schema_that_is_behind_fails_its_check() -> None:
    result = run("db", "check", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"revision": "0001", "newest": "0002", "current": False}


def test_a_defect_is_not_explained_away() -> None:
    for defect in (ValueError("x"), RuntimeError("x"), KeyError("x"), AssertionError("x")):
        assert exit_of(defect) is None


def test_the_one_error_of_a_group_counts() -> None:
    assert exit_of(BrokerUnavailable("away")) == ("broker_unavailable", "away", ExitCode.NO_STORAGE)
    group = ExceptionGroup("workers", [StorageUnavailable("gone")])
    assert exit_of(group) == ("storage_unavailable", "gone", ExitCode.NO_STORAGE)


def test_no_row_of_the_table_hides_another() -> None:
    kinds = [kind for kind, _, _ in EXITS]
    hidden = [later for index, later in enumerate(kinds) if any(issubclass(later, kind) for kind in kinds[:index])]
    assert hidden == []


def test_seeds_are_a_range_or_one() -> None:
    assert (read_seeds("1..20000"), read_seeds("7")) == ((1, 20_000), (7, 7))
    with pytest.raises(typer.BadParameter):
        read_seeds("1-5")


def test_deriving_stock_needs_no_database(tmp_path: Path) -> None:
    file, out = tmp_path / "orders.csv", tmp_path / "stock.csv"
    file.write_text("order_id,sku,qty\n1,A,3\n2,A,2\nC3,A,-2\n4,B,x\n5,B,-1\n")
    result = run("import", "derive-stock", str(file), str(out), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "rows": 5,
        "counted": 2,
        "passed_over": 3,
        "skus": 1,
        "units": "5",
        "out": str(out),
    }
    assert out.read_text().splitlines() == ["sku,location,quantity", "A,MAIN,5"]
