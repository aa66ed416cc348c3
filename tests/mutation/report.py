"""What a run of mutmut found, as one page: how many planted defects were noticed, and why each of the others was not.

``python -m tests.mutation.report`` prints the scores and what nobody has explained yet, and fails below the bound;
``--write`` writes the page, ``--forget`` makes the next run try the survivors again. Explanations: survivors.toml.
"""

import ast
import json
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from tests.mutation.change import change, only_error_text

ROOT = Path(__file__).parents[2]
MUTANTS = ROOT / "mutants"
STATISTICS = MUTANTS / "mutmut-stats.json"
PAGE = ROOT / "docs" / "mutation.md"
EXPLAINED = Path(__file__).with_name("survivors.toml")
PACKAGES = ("core/inventory", "core/sagas")
BOUND = 85.0
FAILED = {1, 3}
LATE = {-24, 24, 36, 152, 255}
NOTICED = FAILED | LATE
"""What mutmut keeps when a test failed, and when the tests did not come to an end in thirty times their time."""
ERROR_TEXT = "Only the words of an error differ; its type, code and path, which callers rely on, are tested."
INTRODUCTION = """# Planted defects

`make mutants` lets [mutmut](https://mutmut.readthedocs.io) plant one defect after the other in the ledger and in the
sagas, and runs the rules, the laws and, over memory alone, the conformance tests against each. This page was written by
that command on {day}; `tests/mutation/` holds the script and the explanations.

| package | planted | tried | noticed | of these by never ending | score |
| --- | ---: | ---: | ---: | ---: | ---: |
{table}

Below {bound:.0f} % in either package the command fails. mutmut changes what stands in functions and methods: tables at
the top of a file, defaults of fields and properties are left as they are. Further defects are planted by hand, in the
engine, in orders' execution and in whole simulated worlds: `tests/simulator/test_*_mutants.py`.
"""


@dataclass(frozen=True)
class Survivor:
    """A defect no test noticed: in which function, and what it changes."""

    where: str
    change: str
    only_text: bool
    tested: bool


@dataclass(frozen=True)
class Score:
    """What became of the defects planted in one package."""

    package: str
    noticed: int
    survivors: tuple[Survivor, ...]
    untried: int = 0
    late: int = 0

    @property
    def planted(self) -> int:
        """Defects there are."""
        return self.total + self.untried

    @property
    def total(self) -> int:
        """Defects that were tried."""
        return self.noticed + len(self.survivors)

    @property
    def percent(self) -> float:
        """Of those that were tried, how many were noticed."""
        return 100 * self.noticed / self.total if self.total else 0.0


def score_of(package: str) -> Score:
    """The score of ``package`` by the records mutmut keeps beside the mutated files."""
    noticed, untried, late, survivors = 0, 0, 0, []
    for file in records(package):
        for name, code in json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            if code is None:
                untried += 1
            elif code in NOTICED:
                noticed += 1
                late += code in LATE
            else:
                survivors.append(survivor(file.with_suffix(""), name, tested=code == 0))
    survivors.sort(key=lambda one: (one.where, one.change))
    return Score(package=package, noticed=noticed, survivors=tuple(survivors), untried=untried, late=late)


def records(package: str) -> list[Path]:
    return sorted((MUTANTS / package).rglob("*.py.meta"))


def survivor(mutated: Path, name: str, *, tested: bool) -> Survivor:
    """The survivor mutmut calls ``name``; its function stands in ``mutated`` beside the original."""
    module, _, mangled = name.rpartition(".")
    function = mangled.partition("__mutmut_")[0]
    was, now = functions(mutated)[f"{function}__mutmut_orig"], functions(mutated)[mangled]
    readable = function.removeprefix("x").replace("ǁ", ".").strip(".") if "ǁ" in function else function[2:]
    return Survivor(
        where=f"{module}.{readable}",
        change=change(was, now),
        only_text=only_error_text(was, now),
        tested=tested,
    )


@cache
def functions(mutated: Path) -> dict[str, str]:
    """The source of each function of a mutated file, all of them under one name so that they compare."""
    found = {}
    for node in ast.walk(ast.parse(mutated.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name, node.name = node.name, "function"
            found[name] = ast.unparse(node)
    return found


def reasons() -> list[dict[str, str]]:
    return tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("survivor", [])


def reason_of(one: Survivor, known: Sequence[dict[str, str]]) -> str | None:
    """Why nobody notices, if anybody has said so; texts of errors by the rule alone."""
    if one.only_text:
        return ERROR_TEXT
    for row in known:
        if fnmatchcase(one.where, row["where"]) and row["change"] == one.change:
            return row["reason"]
    return None


def page(scores: Sequence[Score], known: Sequence[dict[str, str]], day: str) -> str:
    """The whole of docs/mutation.md."""
    table = [
        f"| `{one.package}` | {one.planted} | {one.total} | {one.noticed} | {one.late} | {one.percent:.1f} % |"
        for one in scores
    ]
    lines = INTRODUCTION.format(day=day, table="\n".join(table), bound=BOUND).splitlines()
    for score in scores:
        lines += ["", f"## Survivors in {score.package}"]
        groups: dict[str, list[Survivor]] = {}
        for one in score.survivors:
            groups.setdefault(reason_of(one, known) or "Not explained yet.", []).append(one)
        for reason, members in sorted(groups.items(), key=lambda group: -len(group[1])):
            lines += ["", f"{reason} ({len(members)})", ""]
            if reason == ERROR_TEXT:
                counted = Counter(one.where for one in members)
                lines += [f"- `{where}`: {times}" for where, times in counted.items()]
            else:
                lines += [f"- `{one.where}`: `{one.change}`" for one in members]
    return "\n".join(lines) + "\n"


def forget() -> None:
    """Let the next run try again what survived, and see anew which test runs which function: there may be new ones."""
    STATISTICS.unlink(missing_ok=True)
    for file in (file for package in PACKAGES for file in records(package)):
        record = json.loads(file.read_text(encoding="utf-8"))
        codes = record["exit_code_by_key"]
        record["exit_code_by_key"] = {name: code if code in NOTICED else None for name, code in codes.items()}
        file.write_text(json.dumps(record, indent=4), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    if "--forget" in arguments:
        forget()
        return 0
    scores, known = [score_of(package) for package in PACKAGES], reasons()
    for score in scores:
        print(f"{score.package}: {score.noticed} of {score.total} noticed, {score.percent:.1f} %", end="")
        print(f", {score.untried} not tried" if score.untried else "")
        for one in score.survivors:
            if reason_of(one, known) is None:
                print(f"  {one.where}{'' if one.tested else ' (no test runs it)'}: {one.change}")
    if "--write" in arguments:
        PAGE.write_text(page(scores, known, datetime.now(UTC).date().isoformat()), encoding="utf-8")
    return 0 if all(score.percent >= BOUND and not score.untried for score in scores) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
