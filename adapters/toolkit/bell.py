"""Waking those who found nothing when there is something: a hint, never the only way to find out."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress

from core.kernel.message import Priority


class Bell:
    """Heard in one process: by whoever waits, else by the next who does."""

    def __init__(self) -> None:
        self._rung: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._strands: dict[str, set[tuple[Priority, int]]] = defaultdict(set)

    def ring(self, queue: str, strands: Iterable[tuple[Priority, int]] = ()) -> None:
        """Something came into ``queue``: into these ``strands``, as far as that is known."""
        self._strands[queue].update(strands)
        self._rung[queue].set()

    async def wait(self, queue: str, seconds: float) -> Collection[tuple[Priority, int]]:
        """Until it rings for ``queue``, for ``seconds`` at most; the strands it rang for since somebody last heard."""
        if seconds > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._rung[queue].wait()
        self._rung[queue].clear()
        return self._strands.pop(queue, ())
