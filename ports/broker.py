"""Messages between processes: sent with confirmation, held by one receiver at a time, gone when that one is done.

A broker only carries. What fails while it is applied becomes a job in the storage (ports.queue) in the transaction that
found out, and waits, retries, parks or dies there: delays and dead letters do not depend on which broker it was.
"""

from collections.abc import Sequence
from typing import Protocol

from core.kernel.message import Batch, Message
from ports.queue import Depth

QUEUE_MAX = 1_000_000
"""Messages a queue holds unless told otherwise, give or take what comes with one ``send``."""


class BrokerUnavailable(Exception):
    """There is no broker to talk to, or it does not answer in time: what was asked may have happened or not."""


class QueueFull(Exception):
    """The queue holds as much as it may; its receivers are behind. Whoever sends keeps what is left, and waits."""


class Broker(Protocol):
    """At least once: a message is handed out again and again until somebody is done with it. Used by one process.

    Every call ends within seconds; all raise BrokerUnavailable.
    """

    async def send(self, messages: Sequence[Message]) -> None:
        """Returns when every message is kept, each behind those sent before it under its key.

        Raises QueueFull. After any exception none, some or all of them are kept: send them again, with their ids.
        """
        ...

    async def receive(self, queue: str, limit: int, seconds: float) -> Batch | None:
        """Up to ``limit`` messages of a strand nobody holds, high before low; None: there are none, or all are held.

        They are held for ``seconds``, or for as long as the broker hears of this process. The attempt is counted before
        this returns. Every so often the lowest priority comes first, so that it never waits for ever.
        """
        ...

    async def wait(self, queue: str, seconds: float) -> None:
        """For who received nothing: until something may have been sent to ``queue`` since, ``seconds`` at most.

        A hint: it may come late, for nothing, or, when a connection was lost, not at all. Receiving again tells.
        """
        ...

    async def done(self, batch: Batch) -> None:
        """All of ``batch`` is gone, and its strand free. Raises LeaseLost, with nothing gone, once it is another's."""
        ...

    async def depth(self, queue: str) -> Depth:
        """How many messages of the queue wait (``ready``) and are handed out, to this process at least (``leased``)."""
        ...
