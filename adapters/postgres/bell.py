"""One connection of each process beside its pool: it hears the bell, and by its end tells that its process is gone."""

import asyncio
from collections.abc import Collection
from random import SystemRandom

from adapters.postgres.engine import Connection, Database
from adapters.toolkit.bell import Bell
from core.kernel.message import Priority

CHANNEL = "fluxor_bell"
_CLASS = 0x466C7578
"""Of the advisory locks that stand for processes: nobody else's are meant."""
_PRESENT = f"SELECT pg_advisory_lock({_CLASS}, $1)"
GONE = f"pg_try_advisory_xact_lock_shared({_CLASS}, holder)"
"""Whether the process that is ``holder`` (null: nobody knows which) has no connection any more."""
_random = SystemRandom()


class PostgresBell:
    """See Bell. Whoever is not listening, or whose connection broke, hears nothing: he looks now and then."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._bell = Bell()
        self._connection: Connection | None = None
        self._holder = 0
        self._one_by_one = asyncio.Lock()

    async def wait(self, queue: str, seconds: float) -> Collection[tuple[Priority, int]]:
        """See Bell; returns at once when it began to listen only now. Raises StorageUnavailable."""
        if await self._connect():
            return ()
        return await self._bell.wait(queue, seconds)

    async def holder(self) -> int:
        """What this process is known by, as long as it is there. Raises StorageUnavailable."""
        await self._connect()
        return self._holder

    async def _connect(self) -> bool:
        """Whether it did so only now."""
        async with self._one_by_one:
            if self._connection is not None and not self._connection.is_closed():
                return False
            holder = _random.randrange(1, 2**31)
            self._connection = await self._database.listening(CHANNEL, self._hear, _PRESENT, holder)
            self._holder = holder
            return True

    def _hear(self, text: str) -> None:
        # The queue, whose name has no spaces, and the strands as far as it is known which.
        queue, _, strands = text.partition(" ")
        self._bell.ring(queue, [(Priority(int(one[0])), int(one[1:])) for one in strands.split()])
