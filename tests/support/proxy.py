"""A TCP proxy between a client and a server that can do to their conversation what networks do.

The client is given ``port``. Verbs: ``delay`` what the server says, ``drop`` new connections, ``reset`` those there
are, ``blackhole`` (swallow everything, both ways), ``freeze_after`` so many bytes of the server's, and ``lose_reply``
(let a request that holds some bytes pass, and cut the connection before its reply). ``heal`` ends all of it.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

CHUNK = 65_536
Upstream = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""Connects to the server."""


class Proxy:
    """Passes bytes on, unless told otherwise."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.lost = 0
        """How many replies were lost."""
        self.heal()

    def heal(self) -> None:
        """Pass everything on from here on, what was held back too."""
        self._delay_seconds = 0.0
        self._drops = False
        self._needle = b""
        self._allowed: int | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()

    def delay(self, seconds: float) -> None:
        """Let everything the server says arrive so much later."""
        self._delay_seconds = seconds

    def drop(self) -> None:
        """Take no new connections: whoever connects is hung up on."""
        self._drops = True

    def reset(self) -> None:
        """Cut every connection there is, the hard way."""
        for client, server in list(self._pairs):
            _cut(client)
            _cut(server)

    def blackhole(self) -> None:
        """Keep connections open and let nothing through."""
        self._flowing.clear()

    def freeze_after(self, number: int) -> None:
        """Let so many more bytes of the server's through, then nothing."""
        self._allowed = number

    def lose_reply(self, needle: bytes) -> None:
        """The next request that holds ``needle`` reaches the server; its reply is lost, and the connection cut."""
        self._needle = needle

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from beginning to end."""
        if self._drops:
            _cut(writer)
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            upstream, server = await self._upstream()
        except OSError:
            _cut(writer)
            return
        pair = (writer, server)
        self._pairs.add(pair)
        mute = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._ask(reader, server, mute))
                both.create_task(self._answer(upstream, writer, server, mute))
        except* (OSError, asyncio.CancelledError):
            pass  # whoever hung up, the other side hears of it below
        finally:
            self._pairs.discard(pair)
            self._tasks.discard(task)
            for end in pair:
                end.close()

    async def _ask(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter, mute: asyncio.Event) -> None:
        while part := await reader.read(CHUNK):
            await self._flowing.wait()
            if self._needle and self._needle in part:
                self._needle = b""
                mute.set()
            server.write(part)
            await server.drain()
        server.write_eof()

    async def _answer(
        self,
        upstream: asyncio.StreamReader,
        client: asyncio.StreamWriter,
        server: asyncio.StreamWriter,
        mute: asyncio.Event,
    ) -> None:
        while part := await upstream.read(CHUNK):
            if mute.is_set():
                self.lost += 1
                _cut(client)
                _cut(server)
                return
            if self._delay_seconds:
                await asyncio.sleep(self._delay_seconds)
            part = await self._let_through(part, client)
            await self._flowing.wait()
            client.write(part)
            await client.drain()
        client.close()

    async def _let_through(self, part: bytes, client: asyncio.StreamWriter) -> bytes:
        """What is left of ``part`` once what is allowed has gone out; the rest waits until it is healed."""
        if self._allowed is None:
            return part
        now, rest = part[: self._allowed], part[self._allowed :]
        self._allowed -= len(now)
        client.write(now)
        if rest:
            self._flowing.clear()
        return rest

    async def close(self) -> None:
        """End every connection."""
        self.reset()
        self._flowing.set()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _cut(writer: asyncio.StreamWriter) -> None:
    """Close with a reset, as a peer does that is suddenly gone."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def proxied(upstream: Upstream) -> AsyncIterator[Proxy]:
    """A proxy in front of what ``upstream`` connects to, on a port of its own."""
    proxy = Proxy(upstream)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
