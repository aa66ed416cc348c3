"""What was answered 202 is there after any of the processes was killed, once, and nothing was sold twice."""

import pytest

from tests.faults.kill_storm import SERVERS, VICTIMS, Books, run, victims_of


@pytest.mark.parametrize("queue_url", ["postgres:", "postgres:messages"])
def test_nothing_answered_is_lost_doubled_or_oversold_under_kill_9(queue_url: str) -> None:
    books, wrong = run(seconds=16, every=1.5, queue_url=queue_url)
    assert wrong == {}
    weathered(books, VICTIMS)


@pytest.mark.parametrize("name", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in SERVERS])
def test_nor_when_the_broker_is_killed_as_well(name: str) -> None:
    with SERVERS[name]() as broker:
        books, wrong = run(seconds=16, every=1.5, broker=broker)
        assert wrong == {}
        weathered(books, victims_of(broker))


def weathered(books: Books, victims: tuple[str, ...]) -> None:
    """It was a storm."""
    assert len(books.receipts) > 100
    assert set(books.killed) == set(victims)
