"""The group commit: who arrives together goes together, and nobody pays for another."""

import asyncio
from collections.abc import Sequence

import pytest

from core.intake.submission import IntakeOverloaded, Lane, Receipt, Submission
from core.kernel.errors import DomainError
from core.kernel.ids import IntakeId, OrderId
from entrypoints.http.intake_writer import TRIES_MAX, IntakeWriter
from ports.transaction import CommitUnknown, TransactionConflict
from tests.support.given import NOW, TENANT, an_id


class Log:
    """Keeps the groups it was given; fails as often as it is told."""

    def __init__(self, *failures: Exception) -> None:
        self.groups: list[list[str]] = []
        self.failures = list(failures)
        self.poison: str | None = None

    async def append(self, submissions: Sequence[Submission]) -> Sequence[Receipt | DomainError]:
        self.groups.append([new.id for new in submissions])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        if self.poison in self.groups[-1]:
            raise ValueError("poison")
        return [Receipt(id=new.id, order_id=new.order_id) for new in submissions]


def new(number: int) -> Submission:
    return Submission(
        tenant=TENANT, id=IntakeId(an_id(number)), order_id=OrderId(an_id(number)), lane=Lane.NORMAL, channel="api",
        external_id=None, key_hash=None, body_hash=b"", body=b"", received_at=NOW, actor="ann", correlation="c",
    )  # fmt: skip


async def no_pause(seconds: float) -> None:
    """Tests do not wait."""


def writer(log: Log, **options: int) -> IntakeWriter:
    return IntakeWriter(log, pause=no_pause, **options)  # type: ignore[arg-type]


def test_what_arrives_during_an_append_is_the_next_group() -> None:
    async def story() -> None:
        log = Log()
        intake = writer(log)
        first = asyncio.create_task(intake.submit([new(1)]))
        while not log.groups:
            await asyncio.sleep(0)
        others = [asyncio.create_task(intake.submit([new(number)])) for number in (2, 3, 4)]
        await asyncio.gather(first, *others)
        assert [len(group) for group in log.groups] == [1, 3]

    asyncio.run(story())


def test_groups_are_bounded_and_calls_are_not_torn_apart() -> None:
    async def story() -> None:
        log = Log()
        intake = writer(log, group_max=5)
        calls = [[new(1), new(2), new(3)], [new(4), new(5), new(6)], [new(7)], [new(8 + n) for n in range(9)]]
        answers = await asyncio.gather(*(intake.submit(call) for call in calls))
        assert [len(group) for group in log.groups] == [3, 4, 9]
        given = [[receipt.id for receipt in answer if isinstance(receipt, Receipt)] for answer in answers]
        assert given == [[one.id for one in call] for call in calls]

    asyncio.run(story())


def test_too_many_waiting_are_turned_away() -> None:
    async def story() -> None:
        intake = writer(Log(), backlog_max=2)
        waiting = [asyncio.create_task(intake.submit([new(number)])) for number in (1, 2)]
        await asyncio.sleep(0)
        with pytest.raises(IntakeOverloaded):
            await intake.submit([new(3), new(4), new(5)])
        await asyncio.gather(*waiting)

    asyncio.run(story())


def test_a_lost_commit_is_appended_again_with_the_same_ids() -> None:
    async def story() -> None:
        log = Log(CommitUnknown("?"), TransactionConflict("!"))
        (receipt,) = await writer(log).submit([new(1)])
        assert isinstance(receipt, Receipt)
        assert log.groups == [[an_id(1)]] * 3

    asyncio.run(story())


def test_when_nothing_helps_everybody_is_told_and_the_next_group_goes_on() -> None:
    async def story() -> None:
        log = Log(*[TransactionConflict("!")] * TRIES_MAX)
        intake = writer(log)
        told = await asyncio.gather(intake.submit([new(1)]), intake.submit([new(2)]), return_exceptions=True)
        assert [type(one) for one in told] == [TransactionConflict] * 2
        assert await intake.submit([new(3)])

    asyncio.run(story())


def test_a_poisoned_call_fails_alone() -> None:
    async def story() -> None:
        log = Log()
        log.poison = an_id(2)
        intake = writer(log)
        told = await asyncio.gather(*(intake.submit([new(n)]) for n in (1, 2, 3)), return_exceptions=True)
        assert [isinstance(one, ValueError) for one in told] == [False, True, False]

    asyncio.run(story())


def test_one_who_gives_up_takes_nobody_along() -> None:
    async def story() -> None:
        intake = writer(Log())
        tasks = [asyncio.create_task(intake.submit([new(number)])) for number in (1, 2, 3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        told = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(told[1], asyncio.CancelledError)
        assert not isinstance(told[0], BaseException)
        assert not isinstance(told[2], BaseException)

    asyncio.run(story())


def test_draining_waits_for_everything() -> None:
    async def story() -> None:
        log = Log()
        intake = writer(log, group_max=1)
        tasks = [asyncio.create_task(intake.submit([new(number)])) for number in (1, 2, 3)]
        await asyncio.sleep(0)
        await intake.drain()
        assert len(log.groups) == 3
        await asyncio.gather(*tasks)

    asyncio.run(story())
