"""Locks held to the end of a transaction: waiters in order of arrival, and no two waiting for each other."""

import asyncio
from collections import deque
from collections.abc import Hashable

from ports.storage import TransactionConflict

Owner = object
Name = Hashable


class Locks:
    """Exclusive locks by name. An owner may take a lock it holds again."""

    def __init__(self) -> None:
        self._holders: dict[Name, Owner] = {}
        self._queues: dict[Name, deque[tuple[Owner, asyncio.Future[None]]]] = {}
        self._waiting: dict[Owner, Name] = {}

    def holder(self, name: Name) -> Owner | None:
        """Who holds it."""
        return self._holders.get(name)

    def waiting(self) -> int:
        """How many owners wait for a lock."""
        return len(self._waiting)

    def try_take(self, owner: Owner, name: Name) -> bool:
        """Take the lock unless somebody else has it."""
        return self._holders.setdefault(name, owner) is owner

    async def take(self, owner: Owner, name: Name) -> None:
        """Take the lock, waiting for its holder. Raises TransactionConflict when that would be for ever."""
        if self.try_take(owner, name):
            return
        if self._would_circle(owner, name):
            raise TransactionConflict(f"deadlock on {name}")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(name, deque()).append((owner, turn))
        self._waiting[owner] = name
        try:
            await turn
        finally:
            self._waiting.pop(owner, None)
            if not turn.done() or turn.cancelled():
                self._leave(name, turn)

    def release(self, owner: Owner, name: Name) -> None:
        """Give the lock to whoever waited longest."""
        if self._holders.get(name) is not owner:
            return
        queue = self._queues.get(name)
        while queue:
            heir, turn = queue.popleft()
            if not turn.done():
                self._holders[name] = heir
                self._waiting.pop(heir, None)
                turn.set_result(None)
                return
        self._queues.pop(name, None)
        del self._holders[name]

    def evict(self, owner: Owner, error: Exception) -> None:
        """End the owner's wait, if it waits, with ``error``."""
        name = self._waiting.get(owner)
        for waiter, turn in tuple(self._queues.get(name, ())):
            if waiter is owner and not turn.done():
                turn.set_exception(error)

    def _leave(self, name: Name, turn: asyncio.Future[None]) -> None:
        queue = self._queues.get(name)
        if queue is not None:
            self._queues[name] = deque(place for place in queue if place[1] is not turn)

    def _would_circle(self, owner: Owner, name: Name) -> bool:
        holder = self._holders.get(name)
        while holder is not None and holder is not owner:
            holder = self._holders.get(self._waiting[holder]) if holder in self._waiting else None
        return holder is owner
