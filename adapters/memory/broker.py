"""Messages between the processes of one memory: the twin of every broker."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from adapters.toolkit.bell import Bell
from core.kernel.job import LeaseLost
from core.kernel.message import STRANDS, Batch, Message, Priority, in_turn, strand_of
from ports.broker import QUEUE_MAX, QueueFull
from ports.queue import Depth

Place = tuple[str, Priority, int]
_FREE = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Waiting:
    message: Message
    attempts: int = 0


@dataclass(slots=True)
class _Strand:
    waiting: deque[_Waiting] = field(default_factory=deque)
    out: int = 0
    fence: int = 0
    turn: int = 0
    held_until: datetime = _FREE


class MemoryBroker:
    """See ports.broker.Broker. ``now`` is the broker's clock, not its users'; ``most`` bounds each queue."""

    def __init__(self, now: Callable[[], datetime], most: int = QUEUE_MAX) -> None:
        self._now = now
        self._most = most
        self._strands: dict[Place, _Strand] = {}
        self._turn = 0
        self._bell = Bell()

    async def send(self, messages: Sequence[Message]) -> None:
        """See the port."""
        for queue in {message.queue for message in messages}:
            if sum(len(strand.waiting) for strand in self._of(queue)) >= self._most:
                raise QueueFull(f"queue {queue} holds {self._most} messages")
        for message in messages:
            place = (message.queue, message.priority, strand_of(message.key))
            self._strands.setdefault(place, _Strand()).waiting.append(_Waiting(message))
            self._bell.ring(message.queue)

    async def receive(self, queue: str, limit: int, seconds: float) -> Batch | None:
        """See the port."""
        self._turn += 1
        now = self._now()
        free = [
            (strand.turn, place, strand)
            for priority in in_turn(self._turn)
            for place in ((queue, priority, number) for number in range(STRANDS))
            if (strand := self._strands.get(place)) and strand.waiting and strand.held_until <= now
        ]
        if not free:
            return None
        first = free[0][1][1]
        _, place, strand = min((one for one in free if one[1][1] == first), key=lambda one: one[:2])
        taken = _together(strand.waiting, limit)
        for one in taken:
            one.attempts += 1
        strand.out, strand.fence, strand.turn = len(taken), strand.fence + 1, self._turn
        strand.held_until = now + timedelta(seconds=seconds)
        return Batch(
            messages=tuple(one.message for one in taken),
            attempt=taken[0].attempts,
            receipt=f"{place[1]:d}:{place[2]}:{strand.fence}",
        )

    async def wait(self, queue: str, seconds: float) -> None:
        """See the port."""
        await self._bell.wait(queue, seconds)

    async def done(self, batch: Batch) -> None:
        """See the port."""
        priority, number, fence = map(int, batch.receipt.split(":"))
        strand = self._strands[batch.messages[0].queue, Priority(priority), number]
        if strand.fence != fence or strand.held_until <= self._now():
            raise LeaseLost(f"batch {batch.receipt} is held no more")
        for _ in range(strand.out):
            strand.waiting.popleft()
        strand.out, strand.held_until = 0, _FREE

    async def depth(self, queue: str) -> Depth:
        """See the port."""
        now = self._now()
        waiting = sum(len(strand.waiting) for strand in self._of(queue))
        out = sum(strand.out for strand in self._of(queue) if strand.held_until > now)
        return Depth(ready=waiting - out, leased=out)

    def _of(self, queue: str) -> list[_Strand]:
        return [strand for place, strand in self._strands.items() if place[0] == queue]


def _together(waiting: deque[_Waiting], limit: int) -> list[_Waiting]:
    """The first, and those behind it as far as neither was handed out before."""
    taken: list[_Waiting] = []
    for one in waiting:
        if len(taken) == limit or (taken and (one.attempts or taken[0].attempts)):
            break
        taken.append(one)
    return taken
