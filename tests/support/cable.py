"""A cable between a client and a server, which a test may pull."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Cable:
    """Carries every connection made to ``port`` on to the server, until it is pulled."""

    def __init__(self, host: str, port: int) -> None:
        self._server = host, port
        self._ends: set[asyncio.StreamWriter] = set()
        self.port = 0

    @asynccontextmanager
    async def plugged_in(self) -> AsyncIterator[None]:
        """Ready for connections."""
        listener = await asyncio.start_server(self._carry, "127.0.0.1")
        self.port = listener.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            listener.close()
            self.pull()
            await listener.wait_closed()

    def pull(self) -> None:
        """Both ends of every connection are gone; who connects again gets through."""
        for end in self._ends:
            end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._server)
        ends = {writer, server_writer}
        self._ends |= ends
        try:
            await asyncio.gather(_pass_on(reader, server_writer), _pass_on(server_reader, writer))
        finally:
            self._ends -= ends


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
