"""Sizes that keep a file readable at a glance, and the two calls that make a run unrepeatable."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "ports", "adapters", "entrypoints", "composition")
MAY_ASK_THE_WORLD = ("adapters", "composition")
MOST_LINES_IN_A_FILE = 260
MOST_LINES_IN_A_FUNCTION = 60
NOT_REPEATABLE = {"datetime.now", "datetime.utcnow", "date.today", "uuid.uuid4", "uuid4"}


@cache
def sources() -> dict[str, str]:
    """Every file of the root packages: its place and its text."""
    files = (file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))
    return {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for place, text in sources().items():
        for node in ast.walk(ast.parse(text)):
            yield place, node


def test_no_file_needs_long_scrolling() -> None:
    # A migration is a record, read once and never edited, so its length says nothing.
    lengths = {place: text.count("\n") for place, text in sources().items() if "/versions/" not in place}
    long = {place: lines for place, lines in lengths.items() if lines > MOST_LINES_IN_A_FILE}
    assert long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{place}:{node.lineno} {node.name}"
        for place, node in nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= MOST_LINES_IN_A_FUNCTION
    ]
    assert long == []


def test_time_and_ids_are_asked_for_in_adapters_and_composition_only() -> None:
    asked = [
        f"{place}:{node.lineno} {ast.unparse(node.func)}"
        for place, node in nodes()
        if isinstance(node, ast.Call)
        and not place.startswith(MAY_ASK_THE_WORLD)
        and ".".join(ast.unparse(node.func).split(".")[-2:]) in NOT_REPEATABLE
    ]
    assert asked == []
