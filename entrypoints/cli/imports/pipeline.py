"""Chunks of a file entering the database in order, a few at a time, with a checkpoint after each."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import field
from typing import Generic, TypeVar

from core.kernel.retry import RetryPolicy, delay_seconds
from core.kernel.value import value
from entrypoints.cli.imports.checkpoint import CheckpointFile, Progress
from entrypoints.cli.imports.rejects import Reject, RejectsFile
from ports.clock import Clock
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict

Item = TypeVar("Item")
Result = TypeVar("Result")
RETRIES = RetryPolicy(base_seconds=0.2, cap_seconds=5.0, attempts=8)


@value
class Chunk(Generic[Item]):
    """What enters together. ``rows`` of the file are done with once it has; ``keys`` must not be under way twice."""

    items: tuple[Item, ...]
    rows: int
    rejects: tuple[Reject, ...] = ()
    keys: frozenset[str] = frozenset()


@value
class Applied:
    """What became of a chunk's rows, and what they became."""

    accepted: int = 0
    duplicates: int = 0
    rejects: tuple[Reject, ...] = ()
    tallies: Counter[str] = field(default_factory=Counter)


Apply = Callable[[Sequence[Item]], Awaitable[Applied]]


class Books:
    """The import's progress, its rejects and its checkpoint, kept in step."""

    def __init__(self, progress: Progress, rejects: RejectsFile, checkpoint: CheckpointFile | None) -> None:
        self.progress = progress
        self.rejects = rejects
        self._checkpoint = checkpoint

    def enter(self, chunk: Chunk[Item], applied: Applied) -> None:
        """A chunk is done: first its rejects, then the checkpoint that vouches for them."""
        rejects = sorted((*chunk.rejects, *applied.rejects), key=lambda reject: reject.row.line)
        self.rejects.add(rejects)
        progress = self.progress
        progress.rows = chunk.rows
        progress.accepted += applied.accepted
        progress.duplicates += applied.duplicates
        progress.rejected += len(rejects)
        progress.tallies = dict(Counter(progress.tallies) + applied.tallies)
        if self._checkpoint:
            self._checkpoint.save(progress, self.rejects.size)

    def close(self) -> None:
        """Everything is done: nothing to go on from."""
        if self._checkpoint:
            self._checkpoint.remove()


async def carry(
    chunks: Iterable[Chunk[Item]],
    apply: Apply[Item],
    books: Books,
    *,
    at_once: int = 1,
    show: Callable[[Progress], None] = lambda progress: None,
) -> None:
    """Apply every chunk, ``at_once`` under way at most, and enter each in the file's order.

    A chunk waits while one that shares a key with it is under way, so that of two rows with one id the first wins.
    """
    under_way: deque[tuple[Chunk[Item], asyncio.Task[Applied]]] = deque()

    async def enter_first() -> None:
        chunk, task = under_way[0]
        applied = await task
        under_way.popleft()
        books.enter(chunk, applied)
        show(books.progress)

    async def apply_one(chunk: Chunk[Item]) -> Applied:
        return await apply(chunk.items) if chunk.items else Applied()

    try:
        for chunk in chunks:
            while len(under_way) >= at_once or any(chunk.keys & other.keys for other, _ in under_way):
                await enter_first()
            under_way.append((chunk, asyncio.create_task(apply_one(chunk))))
            # Reading a chunk is work without a pause: let what is under way, and the worker, have a turn.
            await asyncio.sleep(0)
        while under_way:
            await enter_first()
    finally:
        for _, task in under_way:
            task.cancel()
        await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)


async def persisted(attempt: Callable[[], Awaitable[Result]], clock: Clock) -> Result:
    """``attempt``'s result, tried again while the storage has a bad moment.

    Only for what may safely happen twice: a commit whose answer never came may have happened.
    """
    for number in range(1, RETRIES.attempts):
        try:
            return await attempt()
        except (CommitUnknown, StorageUnavailable, TransactionConflict) as error:
            await clock.sleep(delay_seconds(RETRIES, number, repr(error)))
    return await attempt()
