"""What was answered 202 is there after any of the processes was killed, once, and nothing was sold twice."""

from tests.faults.kill_storm import VICTIMS, run


def test_nothing_answered_is_lost_doubled_or_oversold_under_kill_9() -> None:
    books, wrong = run(seconds=16, every=1.5)
    assert wrong == {}
    assert len(books.receipts) > 100
    assert set(books.killed) == set(VICTIMS)
