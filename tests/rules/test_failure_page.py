"""The page of failures filed elsewhere names tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.findall(r"`(tests/\S+\.py)::(\w+)`", (ROOT / "docs" / "failures.md").read_text())


def test_there_are_some() -> None:
    assert len(NAMED) == 13


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_each_test_it_names_is_there(path: str, name: str) -> None:
    assert re.search(rf"def {name}\(", (ROOT / path).read_text()), f"{path} has no {name}"
