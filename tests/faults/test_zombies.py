"""Who was paused for longer than what he held was held for does nothing twice when he goes on."""

from tests.faults.zombies import run


def test_nothing_is_lost_doubled_or_oversold_by_who_was_paused() -> None:
    books, wrong = run(pauses=2, queue_url="postgres:messages")
    assert wrong == {}
    assert books.killed == {"relay paused": 1, "worker paused": 1}
    assert len(books.receipts) > 100
