"""An order that kills its worker is found by ever smaller batches."""

from collections import deque

from entrypoints.worker.suspicion import AGREEABLE, SMALL, Suspicion

FULL = 256


def test_a_worker_that_never_crashed_takes_full_batches() -> None:
    suspicion = Suspicion(FULL)
    suspicion.crashed(0)
    assert (suspicion.size, suspicion.well, suspicion.move_first()) == (FULL, True, False)


def test_batches_shrink_with_each_crash_and_then_the_first_order_is_moved_once() -> None:
    suspicion = Suspicion(FULL)
    sizes = []
    for times in (1, 2, 3):
        suspicion.crashed(times)
        sizes.append(suspicion.size)
    assert sizes == [SMALL, 1, 1]
    assert [suspicion.move_first(), suspicion.move_first()] == [True, False]


def test_batches_grow_again_when_they_go_well() -> None:
    suspicion = Suspicion(FULL)
    suspicion.crashed(2)
    for _ in range(AGREEABLE):
        suspicion.went_well()
    assert suspicion.size == SMALL
    for _ in range(AGREEABLE):
        suspicion.went_well()
    assert suspicion.well


def test_wherever_the_poison_is_it_is_moved_after_a_few_crashes_and_nothing_else_is_lost() -> None:
    for place in (0, 1, 15, 16, 100, 255, 300, 1000):
        waiting = deque(range(1200))
        decided: list[int] = []
        moved: list[int] = []
        crashes = 0
        while waiting and crashes < 10:
            suspicion = Suspicion(FULL)
            suspicion.crashed(crashes)
            crashes += not _work_until_crash(suspicion, waiting, decided, moved, place)
        assert place in moved
        assert len(moved) <= 2
        assert sorted(decided + moved) == list(range(1200))
        assert crashes <= 4


def _work_until_crash(
    suspicion: Suspicion, waiting: deque[int], decided: list[int], moved: list[int], poison: int
) -> bool:
    """True when everything was taken; a batch that holds the poison is given back and ends the worker."""
    while waiting:
        if suspicion.move_first():
            moved.append(waiting.popleft())
            continue
        batch = [waiting.popleft() for _ in range(min(suspicion.size, len(waiting)))]
        if poison in batch:
            waiting.extendleft(reversed(batch))
            return False
        decided.extend(batch)
        suspicion.went_well()
    return True
