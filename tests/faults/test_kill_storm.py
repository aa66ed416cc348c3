"""What was answered 202 is there after any of the processes was killed, once, and nothing was sold twice."""

import pytest

from tests.faults.kill_storm import VICTIMS, run


@pytest.mark.parametrize(
    "broker", ["postgres:", "postgres:messages", pytest.param("redis_url", marks=pytest.mark.redis)]
)
def test_nothing_answered_is_lost_doubled_or_oversold_under_kill_9(broker: str, request: pytest.FixtureRequest) -> None:
    queue_url = broker if ":" in broker else request.getfixturevalue(broker)
    books, wrong = run(seconds=16, every=1.5, queue_url=queue_url)
    assert wrong == {}
    assert len(books.receipts) > 100
    assert set(books.killed) == set(VICTIMS)
