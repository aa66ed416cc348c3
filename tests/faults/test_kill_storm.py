"""What was answered 202 is there after any of the processes was killed, once, and nothing was sold twice."""

import pytest

from tests.faults.kill_storm import VICTIMS, run


@pytest.mark.parametrize("queue_url", ["postgres:", "postgres:messages"])
def test_nothing_answered_is_lost_doubled_or_oversold_under_kill_9(queue_url: str) -> None:
    books, wrong = run(seconds=16, every=1.5, queue_url=queue_url)
    assert wrong == {}
    assert len(books.receipts) > 100
    assert set(books.killed) == set(VICTIMS)
