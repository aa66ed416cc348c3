"""A connection to RabbitMQ that is made when it is needed, and given up as soon as nobody answers on it.

The next call connects again, at once: whoever calls already waits longer and longer between tries.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPChannelError, AMQPError, ChannelInvalidStateError

from ports.broker import BrokerUnavailable

ANSWER_SECONDS = 10.0
HEARTBEAT_SECONDS = 5
"""The server takes back what a process holds after two of them without a sign of it: before its time is over."""
_CHANNEL_LOST = (AMQPChannelError, ChannelInvalidStateError)
# The library says with a RuntimeError that a connection is closed already.
_LOST = (AMQPError, OSError, RuntimeError)


class Link:
    """One connection. ``purpose`` is what the server's operator reads about it."""

    def __init__(self, url: str, purpose: str) -> None:
        self._url = url
        self._purpose = purpose
        self._connection: AbstractConnection | None = None
        self._connecting = asyncio.Lock()
        self._opening = asyncio.Lock()
        self._lasting: dict[str, AbstractChannel] = {}
        self.generation = 0
        """Which connection this is: what was made on an earlier one is lost."""
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def connected(self) -> bool:
        """Whether the server is there, as far as has been heard."""
        transport = self._connection.transport if self._connection else None
        return transport is not None and transport.connection.is_opened

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[None]:
        """Whatever is asked of the server within ends in time, or as BrokerUnavailable."""
        generation = self.generation
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                yield
        except BaseException as error:
            if isinstance(error, _CHANNEL_LOST):
                raise BrokerUnavailable(f"RabbitMQ refuses: {error!r}") from error
            if not _is_lost(error):
                raise
            # After a time as long as this even a connection made meanwhile is too silent to be kept.
            if generation == self.generation or isinstance(error, TimeoutError):
                self.give_up()
            raise BrokerUnavailable(f"RabbitMQ is lost, or silent for too long: {error!r}") from error

    async def connect(self) -> AbstractConnection:
        """The connection, which is there, as far as has been heard."""
        async with self._connecting:
            if self._closed:
                raise ConnectionError("the process leaves")
            if not self.connected:
                self.give_up()
                name: dict[str, Any] = {"connection_name": f"fluxor {self._purpose}"}
                self._connection = await aio_pika.connect(
                    self._url, heartbeat=HEARTBEAT_SECONDS, client_properties=name, timeout=ANSWER_SECONDS
                )
            assert self._connection is not None
            return self._connection

    async def channel(self, *, confirms: bool = False) -> AbstractChannel:
        """A new channel. With ``confirms`` the server says of each message that it is kept, or returns it."""
        connection = await self.connect()
        channel = connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
        await channel.initialize()
        return channel

    async def lasting_channel(self, purpose: str, *, confirms: bool = False) -> AbstractChannel:
        """The one channel for this purpose, opened again when it was closed."""
        async with self._opening:
            channel = self._lasting.get(purpose)
            if channel is None or channel.is_closed:
                channel = self._lasting[purpose] = await self.channel(confirms=confirms)
            return channel

    def leave(self, closing: Awaitable[None]) -> None:
        """Close something without waiting for it: whoever gives up does so because nobody answers, or has no time."""
        task = asyncio.ensure_future(self._left(closing, self.generation))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def give_up(self) -> None:
        """Do without this connection; what is held through it is given back when the server finds out."""
        connection, self._connection = self._connection, None
        self._lasting.clear()
        if connection is not None:
            self.leave(connection.close())
        self.generation += 1

    async def close(self) -> None:
        """Leave, for good, and wait a moment for the server to know."""
        self._closed = True
        self.give_up()
        await self.close_what_is_left()

    async def close_what_is_left(self) -> None:
        """Wait a moment for whatever is being closed."""
        if self._leaving:
            await asyncio.wait(self._leaving)

    async def _left(self, closing: Awaitable[None], generation: int) -> None:
        """What is left of an earlier connection may be silent, and says nothing of this one."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await closing
        except BaseException as error:
            if not isinstance(error, _CHANNEL_LOST) and not _is_lost(error):
                raise
            if generation == self.generation:
                self.give_up()


def _is_lost(error: BaseException) -> bool:
    """Whether the connection is gone. The library throws all sorts of things at those who wait for an answer then."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and not task.cancelling()  # nobody asked this task to end
    return isinstance(error, _LOST) or type(error) is Exception
