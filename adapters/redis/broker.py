"""Messages in streams: a strand is a stream, held by a key that expires, and each call is one script.

They are kept as safely as the server is told to keep them: it wants ``appendonly yes`` and, as it is no cache here,
``maxmemory-policy noeviction``.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple, cast
from uuid import uuid4

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from adapters.redis.client import open_client
from adapters.redis.scripts import DEPTH, DONE, RECEIVE, SEND
from adapters.toolkit.packing import pack, unpack
from core.kernel.job import LeaseLost
from core.kernel.message import LOWEST_FIRST_EVERY, STRANDS, Batch, Message, Priority, strand_of
from ports.broker import QUEUE_MAX, BrokerUnavailable, QueueFull
from ports.queue import Depth

ANSWER_SECONDS = 2.0
"""From asking to the whole answer, waiting for a connection and making one included."""
TOGETHER_MAX = 1000
"""Messages one script sends or hands out: meanwhile the server does nothing else."""


@asynccontextmanager
async def open_redis_broker(url: str, most: int = QUEUE_MAX) -> AsyncIterator["RedisBroker"]:
    """A broker on the server at ``url``, which need not be there yet. Its connections are closed at the end."""
    async with open_client(url, "fluxor", ANSWER_SECONDS) as client:
        yield RedisBroker(client, most)


class RedisBroker:
    """See ports.broker.Broker. Leases by the server's clock. ``client`` answers in bytes and tries nothing twice."""

    def __init__(self, client: Redis, most: int = QUEUE_MAX) -> None:
        self._most = most
        self._client = client
        self._send = client.register_script(SEND)
        self._receive = client.register_script(RECEIVE)
        self._done = client.register_script(DONE)
        self._depth = client.register_script(DEPTH)

    async def send(self, messages: Sequence[Message]) -> None:
        """See the port."""
        for queue in sorted({message.queue for message in messages}):
            keys = _keys_of(queue)
            mine = [message for message in messages if message.queue == queue]
            for start in range(0, len(mine), TOGETHER_MAX):
                packed = chain.from_iterable(map(_to_arguments, mine[start : start + TOGETHER_MAX]))
                if not await _answer(self._send, [*keys.streams, keys.bell], [self._most, *packed]):
                    raise QueueFull(f"queue {queue} holds {self._most} messages")

    async def receive(self, queue: str, limit: int, seconds: float) -> Batch | None:
        """See the port."""
        keys = _keys_of(queue)
        token = uuid4().hex
        answer = await _answer(
            self._receive,
            [*keys.streams, *keys.holders, keys.turns],
            [min(limit, TOGETHER_MAX), round(seconds * 1000), token, LOWEST_FIRST_EVERY, STRANDS],
        )
        if not answer:
            return None
        place, attempt, *packed = answer
        stream, priority = keys.streams[place - 1], Priority((place - 1) // STRANDS)
        messages = tuple(unpack(one, queue, priority, stream) for one in packed)
        return Batch(messages=messages, attempt=attempt, receipt=f"{place}:{len(messages)}:{token}")

    async def wait(self, queue: str, seconds: float) -> None:
        """See the port."""
        waiting = self._client.blpop([_keys_of(queue).bell], max(seconds, 0.01))  # 0 would be for ever
        await _in_time(cast("Awaitable[Any]", waiting), seconds)

    async def done(self, batch: Batch) -> None:
        """See the port."""
        keys = _keys_of(batch.messages[0].queue)
        place, _, holder = batch.receipt.partition(":")
        stream, held = keys.streams[int(place) - 1], keys.holders[int(place) - 1]
        if not await _answer(self._done, [stream, held], [holder, len(batch.messages)]):
            raise LeaseLost(f"batch {batch.receipt} is held no more")

    async def depth(self, queue: str) -> Depth:
        """See the port."""
        keys = _keys_of(queue)
        waiting, out = await _answer(self._depth, [*keys.streams, *keys.holders], [])
        return Depth(ready=waiting - out, leased=out)


class _Keys(NamedTuple):
    streams: tuple[str, ...]
    holders: tuple[str, ...]
    turns: str
    bell: str


@lru_cache(maxsize=100)
def _keys_of(queue: str) -> _Keys:
    places = [f"{priority:d}:{strand}" for priority in Priority for strand in range(STRANDS)]
    return _Keys(
        streams=tuple(f"fluxor:{{{queue}}}:stream:{place}" for place in places),
        holders=tuple(f"fluxor:{{{queue}}}:held:{place}" for place in places),
        turns=f"fluxor:{{{queue}}}:turns",
        bell=f"fluxor:{{{queue}}}:bell",
    )


async def _answer(script: AsyncScript, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
    """What the script answers."""
    return await _in_time(script(keys, arguments))


async def _in_time(asked: Awaitable[Any], longer: float = 0.0) -> Any:
    """The answer. A connection on which none came in time is closed: none is taken for another's."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS + longer):
            return await asked
    except (RedisError, OSError) as error:
        raise BrokerUnavailable(f"Redis does not answer: {str(error) or 'not in time'}") from error


def _to_arguments(message: Message) -> tuple[int, bytes]:
    return message.priority * STRANDS + strand_of(message.key) + 1, pack(message)
