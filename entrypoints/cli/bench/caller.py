"""Awaitable requests over a few connections of their own: for setting up and looking, not for the load."""

import asyncio
from types import TracebackType
from typing import Self

from entrypoints.cli.bench.client import Address, Connection, connect


class ConnectionLost(Exception):
    """The connection ended before the answer came: whether the request took effect is unknown."""


class Caller:
    """At most ``connections`` requests at a time; others wait their turn, first come first served."""

    def __init__(self, address: Address, *, connections: int) -> None:
        self.address = address
        self.connections = connections
        self._turns = asyncio.Semaphore(connections)
        self._idle: list[Connection] = []
        self._answers: dict[Connection, asyncio.Future[tuple[int, bytes]]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in [*self._idle, *self._answers]:
            connection.close()

    async def request(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises ConnectionLost, or OSError when nobody listens."""
        async with self._turns:
            connection = self._idle.pop() if self._idle else await self._open()
            answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
            self._answers[connection] = answer
            connection.send(request)
            try:
                return await answer
            except asyncio.CancelledError:
                # The answer may still come and would be taken for that of the next request.
                connection.close()
                raise

    async def _open(self) -> Connection:
        connection = Connection(self._answered, self._lost)
        await connect(self.address, connection)
        return connection

    def _answered(self, connection: Connection, status: int, body: bytes) -> None:
        answer = self._answers.pop(connection)
        if not answer.cancelled():
            self._idle.append(connection)
            answer.set_result((status, body))

    def _lost(self, connection: Connection, reason: str) -> None:
        answer = self._answers.pop(connection, None)
        if answer is not None and not answer.done():
            answer.set_exception(ConnectionLost(reason))
        if connection in self._idle:
            self._idle.remove(connection)
