"""How the page on planted defects says what survived, and why."""

import json
from pathlib import Path

import pytest

from tests.mutation import report
from tests.mutation.change import change, only_error_text
from tests.mutation.report import ERROR_TEXT, Score, Survivor, page, reason_of

WAS = """
def f(a, b):
    if a < 1:
        raise TooSmall(f"{a} is too small", path="$.a")
    return g(a, name=b)
"""


def planted(old: str, new: str) -> str:
    assert WAS.count(old) == 1
    return WAS.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("a < 1", "a <= 1", "a < 1 → a <= 1"),
        ("a < 1", "a < 2", "a < 1 → a < 2"),
        ("name=b", "name=None", "name=b → name=None"),
        (", name=b", "", "without name=b"),
        ("g(a,", "g(None,", "g(a, name=b) → g(None, name=b)"),
        ("return g(a, name=b)", "return None", "return g(a, name=b) → return None"),
        ('path="$.a"', 'path="$.b"', "path='$.a' → path='$.b'"),
    ],
)
def test_a_change_is_told_in_the_smallest_piece_that_says_it(old: str, new: str, told: str) -> None:
    assert change(WAS, planted(old, new)) == told


def test_only_the_words_of_an_error_are_not_behaviour() -> None:
    assert only_error_text(WAS, planted(" is too small", "XX"))
    assert not only_error_text(WAS, planted('"$.a"', '"$.b"'))
    assert not only_error_text(WAS, planted("TooSmall", "TooLarge"))


def survivor(where: str = "core.a.f", told: str = "a < 1 → a <= 1", *, only_text: bool = False) -> Survivor:
    return Survivor(where=where, change=told, only_text=only_text, tested=True)


def test_a_survivor_has_the_reason_somebody_gave_or_none() -> None:
    known = [
        {"where": "core.a.f", "change": "a < 1 → a <= 1", "reason": "the same"},
        {"where": "core.*", "change": "without x", "reason": "unused"},
    ]
    assert reason_of(survivor(), known) == "the same"
    assert reason_of(survivor("core.b.g", "without x"), known) == "unused"
    assert reason_of(survivor("core.b.g"), known) is None
    assert reason_of(survivor(only_text=True), known) == ERROR_TEXT


def test_the_page_has_the_score_and_every_survivor_under_its_reason() -> None:
    score = Score(package="core/a", noticed=3, survivors=(survivor(), survivor(told="b")), untried=2, late=1)
    told = page([score], [{"where": "core.a.f", "change": "b", "reason": "The same."}], "2026-03-01")
    assert "| `core/a` | 7 | 5 | 3 | 1 | 60.0 % |" in told
    assert "The same. (1)\n\n- `core.a.f`: `b`\n" in told
    assert "Not explained yet. (1)\n\n- `core.a.f`: `a < 1 → a <= 1`\n" in told


def test_what_survived_is_tried_again_by_whatever_tests_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, statistics = tmp_path / "core" / "sagas" / "saga.py.meta", tmp_path / "mutmut-stats.json"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"exit_code_by_key": {"failed": 1, "late": -24, "survived": 0, "untried": None}}))
    statistics.write_text("{}")
    monkeypatch.setattr(report, "MUTANTS", tmp_path)
    monkeypatch.setattr(report, "STATISTICS", statistics)
    report.forget()
    left = json.loads(record.read_text())["exit_code_by_key"]
    assert left == {"failed": 1, "late": -24, "survived": None, "untried": None}
    assert not statistics.exists()
