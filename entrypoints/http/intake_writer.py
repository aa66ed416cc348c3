"""The self-clocking group commit at intake.

While one append is in flight, whatever arrives collects; when it returns, all of it goes as the next. There is no
timer: an idle writer appends at once, a busy one in groups that grow with the load. Submissions handed in by one call
are never torn apart.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import cast

from core.intake.submission import IntakeOverloaded, Receipt, Submission
from core.kernel.errors import DomainError
from ports.intake import IntakeLog
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict

GROUP_MAX = 512
BACKLOG_MAX = 20_000
TRIES_MAX = 5
PAUSE_SECONDS = 0.05
Answers = Sequence[Receipt | DomainError]
_WORTH_ANOTHER_TRY = (CommitUnknown, TransactionConflict, StorageUnavailable)


@dataclass(slots=True)
class _Waiting:
    """One call of ``submit`` and whoever waits for it."""

    submissions: Sequence[Submission]
    answers: asyncio.Future[Answers]


class IntakeWriter:
    """Appends to ``log``, at most ``flights`` appends at a time, each of up to ``group_max`` submissions."""

    def __init__(
        self,
        log: IntakeLog,
        *,
        flights: int = 1,
        group_max: int = GROUP_MAX,
        backlog_max: int = BACKLOG_MAX,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._log = log
        self._flights = flights
        self._group_max = group_max
        self._backlog_max = backlog_max
        self._pause = pause
        self._waiting: deque[_Waiting] = deque()
        self._backlog = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, submissions: Sequence[Submission]) -> Answers:
        """One answer each, in order, once all are durable.

        Raises IntakeOverloaded when too many wait already, and what the log raised when it did so again and again; a
        caller that is cancelled takes nobody with it.
        """
        if self._backlog + len(submissions) > self._backlog_max:
            raise IntakeOverloaded(f"{self._backlog} orders wait for the database already: try again in a moment")
        answers: asyncio.Future[Answers] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(submissions, answers))
        self._backlog += len(submissions)
        if len(self._tasks) < self._flights:
            task = asyncio.create_task(self._fly())
            self._tasks.add(task)
        return await answers

    async def drain(self) -> None:
        """Return when nothing waits and nothing is in flight."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _fly(self) -> None:
        """Until nothing waits. It is over in the very step that found nothing: whoever comes next begins another."""
        try:
            while group := self._next_group():
                await self._land(group)
        finally:
            self._tasks.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    def _next_group(self) -> list[_Waiting]:
        """Take what waits, oldest first, up to the bound; a single call may exceed it alone."""
        group: list[_Waiting] = []
        size = 0
        while self._waiting and (not group or size + len(self._waiting[0].submissions) <= self._group_max):
            waiting = self._waiting.popleft()
            self._backlog -= len(waiting.submissions)
            if not waiting.answers.done():  # whoever gave up before the append was promised nothing
                group.append(waiting)
                size += len(waiting.submissions)
        return group

    async def _land(self, group: list[_Waiting]) -> None:
        try:
            answers = await self._append([new for waiting in group for new in waiting.submissions])
        except Exception as error:  # noqa: BLE001 - it is not swallowed: every waiter raises it
            await self._fail(group, error)
            return
        start = 0
        for waiting in group:
            end = start + len(waiting.submissions)
            if not waiting.answers.done():
                waiting.answers.set_result(answers[start:end])
            start = end

    async def _append(self, submissions: Sequence[Submission]) -> Answers:
        """Append; ids that were kept by a try whose answer got lost are recognised by the log."""
        for attempt in range(1, TRIES_MAX):
            try:
                return await self._log.append(submissions)
            except _WORTH_ANOTHER_TRY as error:
                if not isinstance(error, TransactionConflict):
                    await self._pause(PAUSE_SECONDS * 2**attempt)
        return await self._log.append(submissions)

    async def _fail(self, group: list[_Waiting], error: Exception) -> None:
        """Storage trouble is everybody's; anything else is one caller's fault, who must be found and fails alone."""
        if len(group) > 1 and not isinstance(error, _WORTH_ANOTHER_TRY):
            for waiting in group:
                await self._land([waiting])
            return
        for waiting in group:
            if not waiting.answers.done():
                waiting.answers.set_exception(error)
