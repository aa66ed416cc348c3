"""Every planted defect and the first seed that finds it: ``python -m tests.load.mutants [--write]`` for the page.

The seeds depend on nothing but the code: after a change of the simulator they are other ones, and the table is written
anew. That each is found within its limit is what the tests say (tests/simulator/test_*_mutants.py).
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from composition.simulation.plan import KINDS
from composition.simulation.run import simulate
from composition.simulation.shrink import names_of
from tests.simulator import test_execution_mutants, test_saga_mutants, test_simulator_mutants, test_trade_mutants

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"
BEGIN, END = "<!-- mutants: begin -->\n", "<!-- mutants: end -->\n"
KINDLY = tuple(kind for kind in KINDS if kind != "killer")
GROUPS: dict[str, dict[str, Callable[..., Any]]] = {
    "orders, stock, intake, relay": dict(test_simulator_mutants.MUTANTS),
    "deliveries, policies": dict(test_trade_mutants.MUTANTS),
    "fulfilment, returns": dict(test_execution_mutants.MUTANTS),
    "sagas": dict(test_saga_mutants.MUTANTS),
}
NAMES = tuple((group, name) for group, mutants in GROUPS.items() for name in mutants)


def seeds_to_detection(group: str, name: str) -> tuple[int, str]:
    """How many seeds it took, and the first thing that was found."""
    plant = GROUPS[group][name]
    for seed in range(1, test_simulator_mutants.SEEDS_MAX + 1):
        with pytest.MonkeyPatch.context() as patches:
            parts = partial(plant, patches) if group == "fulfilment, returns" else plant
            found = simulate(seed, KINDLY, parts()).violations
        if found:
            return seed, min(names_of(found[:1]))
    raise AssertionError(f"nobody noticed that {name}")


def table() -> str:
    """The table of the page."""
    lines = ["| what is planted | where | seeds until it was found | by |", "| --- | --- | ---: | --- |"]
    for group, name in NAMES:
        seeds, found = seeds_to_detection(group, name)
        lines.append(f"| {name} | {group} | {seeds} | {found} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table, or write it into the page."""
    started = time.process_time()
    found = table()
    sys.stderr.write(f"{len(NAMES)} mutants in {time.process_time() - started:.0f} s of CPU\n")
    if sys.argv[1:] != ["--write"]:
        sys.stdout.write(found)
        return
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{found}{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
