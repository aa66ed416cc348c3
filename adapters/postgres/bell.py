"""A bell all processes hear: NOTIFY, on a connection of its own that listens."""

import asyncio
from collections.abc import Collection, Iterable

from adapters.postgres.engine import Connection, Database
from adapters.toolkit.bell import Bell
from core.kernel.message import Priority

CHANNEL = "fluxor_bell"
RING = f"SELECT pg_notify('{CHANNEL}', $1)"


class PostgresBell:
    """See Bell. Whoever is not listening, or whose connection broke, hears nothing: he looks now and then."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._bell = Bell()
        self._connection: Connection | None = None
        self._one_by_one = asyncio.Lock()

    async def ring(self, queue: str, strands: Iterable[tuple[Priority, int]]) -> None:
        """Raises StorageUnavailable."""
        async with self._database.autocommit() as connection:
            await connection.execute(RING, told(queue, strands))

    async def wait(self, queue: str, seconds: float) -> Collection[tuple[Priority, int]]:
        """See Bell; returns at once when it began to listen only now. Raises StorageUnavailable."""
        async with self._one_by_one:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._database.listening(CHANNEL, self._hear)
                return ()
        return await self._bell.wait(queue, seconds)

    def _hear(self, text: str) -> None:
        queue, _, strands = text.partition(" ")
        self._bell.ring(queue, [(Priority(int(one[0])), int(one[1:])) for one in strands.split()])


def told(queue: str, strands: Iterable[tuple[Priority, int]] = ()) -> str:
    """What is said to those who listen: the queue, whose name has no spaces, and the strands."""
    return " ".join([queue, *(f"{priority:d}{strand}" for priority, strand in strands)])
