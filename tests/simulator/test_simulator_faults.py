"""What the simulator knows of an attempt that was counted and that nobody made."""

from dataclasses import replace

import pytest

from adapters.memory.store import Fate
from adapters.memory.tables import JOBS, DeadRow, QueueRow
from composition.simulation.choices import Choice, Choices
from composition.simulation.faults import UNKNOWN, PlannedFaults
from composition.simulation.plan import KINDS, plan_of
from entrypoints.worker.leases import WORKER_LOST
from tests.support.given import NOW, TENANT, an_id

KEY = (TENANT, an_id(71))
LEASED = QueueRow(queue="q", payload=b"", correlation="c", max_attempts=5, run_at=NOW, attempts=1, leased=True, fence=1)
LETTER = DeadRow(job=LEASED, code=WORKER_LOST, detail="", trace="", failed_at=NOW)


def faults_with(fate: Fate) -> PlannedFaults:
    """Faults whose first commit meets ``fate``."""
    told = [Choice("unknown", 1, len(UNKNOWN) + UNKNOWN.index(fate), 0.0)]
    return PlannedFaults(plan_of(1, KINDS), Choices(1, told), lambda: 0.0)


@pytest.mark.parametrize(
    ("fate", "heard"), [(Fate.UNKNOWN_DONE, False), (Fate.UNKNOWN_LATE, False), (Fate.UNKNOWN_LOST, True)]
)
def test_a_lease_that_happened_unheard_explains_that_a_job_was_given_up(fate: Fate, heard: bool) -> None:
    faults = faults_with(fate)
    assert faults.fate("worker", {JOBS: {KEY: LEASED}}) is fate
    assert faults.explain(KEY, LETTER) is not heard
    assert not faults.explain((TENANT, an_id(72)), LETTER)
    assert not faults.explain(KEY, replace(LETTER, code="Poisoned"))
    assert not faults.explain(KEY, None)


@pytest.mark.parametrize("row", [replace(LEASED, leased=False), None])
def test_what_ended_a_lease_unheard_explains_nothing(row: QueueRow | None) -> None:
    faults = faults_with(Fate.UNKNOWN_DONE)
    faults.fate("worker", {JOBS: {KEY: row}})
    assert not faults.explain(KEY, LETTER)
