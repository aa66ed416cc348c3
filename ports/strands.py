"""Who holds which strand of a broker that keeps messages in order, and what was handed out of it.

Some brokers keep messages well and count nothing one can rely on: not how often a message was seen, nor who may take
the next. For those it is written down here, next to the data: the broker's own clock and memory decide nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from core.kernel.message import Priority
from core.kernel.value import value


@value
class StrandHold:
    """A strand in one process's hands, and what is known of what was handed out of it.

    Whatever is before ``position`` is done with; a broker that forgets what is done has no use for it. From the message
    ``first`` on ``tried`` messages were handed out and not ended, ``first`` itself ``attempts`` times (its id is "" if
    it is not known: then it is whichever comes first).
    """

    queue: str
    priority: Priority
    strand: int
    fence: int
    position: int = 0
    first: str = ""
    tried: int = 0
    attempts: int = 0


@value
class HandedOut:
    """What is handed out of a strand: so many ``in_hand``, the first one by its id and for the which time.

    ``tried`` as in StrandHold, with these. So many more were fetched from the broker and wait ``behind``.
    """

    first: str
    attempt: int
    in_hand: int
    tried: int
    behind: int = 0


class Strands(Protocol):
    """No fence is given twice, come what may. What is written a crash of what keeps it may undo within the second: then
    nobody holds anything, and something is handed out once more than is counted.

    All raise BrokerUnavailable when it cannot be said whether it was done.
    """

    async def take(self, queue: str, among: Sequence[tuple[Priority, int]], seconds: float) -> StrandHold | None:
        """For ``seconds`` the strand of ``among`` nobody holds, the one not taken for longest; None: all are held."""
        ...

    async def hand_out(self, hold: StrandHold, what: HandedOut, seconds: float) -> None:
        """Count it, and hold for ``seconds`` from now. Raises LeaseLost."""
        ...

    async def end(self, hold: StrandHold, position: int, tried: int, *, keep: float = 0.0) -> None:
        """What was handed out is done with; of what comes now, ``tried`` were handed out before. Raises LeaseLost.

        The strand is free, unless its holder means to ``keep`` it, for so many seconds from now.
        """
        ...

    async def give_back(self, hold: StrandHold) -> None:
        """The strand is free, and what was handed out of it is still not ended. Raises LeaseLost."""
        ...

    async def ring(self, queue: str, among: Collection[tuple[Priority, int]]) -> None:
        """Tell those who wait that something came into these strands, those left out that somebody keeps.

        Whoever keeps one has what comes. So he who lets go of it looks afterwards whether anything is there.
        """
        ...

    async def wait(self, queue: str, seconds: float) -> Collection[tuple[Priority, int]]:
        """Until somebody rings, ``seconds`` at most: the strands that was for, as far as it was heard of."""
        ...

    async def fetched(self, queue: str) -> tuple[int, int]:
        """Over all strands that are held: how many messages are handed out, and how many wait behind those."""
        ...

    async def positions(self, queue: str) -> Mapping[tuple[Priority, int], int]:
        """Where every strand stands that was ever taken, held or not."""
        ...
