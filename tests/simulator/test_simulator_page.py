"""docs/simulator.md names every planted defect, every kind of fault and every point, and none there is not."""

import re
from pathlib import Path

from composition.simulation.buggify import POINTS
from composition.simulation.plan import KINDS, SIZES
from composition.simulation.run import QUIET_MINUTES
from tests.load.mutants import BEGIN, END, NAMES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "simulator.md").read_text()


def test_the_table_has_every_planted_defect() -> None:
    table = PAGE.partition(BEGIN)[2].partition(END)[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (\d+) \| .+ \|$", table, re.MULTILINE)
    assert [(group, name) for name, group, _ in rows] == list(NAMES), "python -m tests.load.mutants --write"
    assert len(rows) >= 30


def test_the_page_has_every_kind_and_every_point() -> None:
    for name in (*KINDS, *POINTS):
        assert f"`{name}`" in PAGE, name
    assert f"({min(SIZES):g} to {max(SIZES):g})" in PAGE
    assert f"`--quiet-within {QUIET_MINUTES:g}`" in PAGE


def test_the_readme_leads_to_the_page() -> None:
    assert "(docs/simulator.md)" in (ROOT / "README.md").read_text()
