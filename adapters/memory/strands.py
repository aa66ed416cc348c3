"""Who holds which strand, in one memory."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from adapters.toolkit.bell import Bell
from core.kernel.job import LeaseLost
from core.kernel.message import Priority
from ports.strands import HandedOut, StrandHold

Place = tuple[str, Priority, int]
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Strand:
    known: StrandHold
    held_until: datetime = _NEVER
    turn: int = 0
    in_hand: int = 0
    behind: int = 0
    kept: bool = False

    def kept_at(self, now: datetime) -> bool:
        return self.kept and self.held_until > now


class MemoryStrands:
    """See ports.strands.Strands. ``now`` is the one clock that counts."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._strands: dict[Place, _Strand] = {}
        self._turn = 0
        self._bell = Bell()

    async def take(self, queue: str, among: Sequence[tuple[Priority, int]], seconds: float) -> StrandHold | None:
        """See the port."""
        now = self._now()
        free = [one for place in among if (one := self._at((queue, *place))).held_until <= now]
        if not free:
            return None
        strand = min(free, key=lambda one: (one.turn, one.known.priority, one.known.strand))
        self._turn += 1
        strand.known = replace(strand.known, fence=strand.known.fence + 1)
        strand.turn, strand.held_until = self._turn, now + timedelta(seconds=seconds)
        strand.in_hand, strand.behind, strand.kept = 0, 0, False
        return strand.known

    async def hand_out(self, hold: StrandHold, what: HandedOut, seconds: float) -> None:
        """See the port."""
        strand = self._mine(hold)
        strand.known = replace(strand.known, first=what.first, tried=what.tried, attempts=what.attempt)
        strand.in_hand, strand.behind, strand.kept = what.in_hand, what.behind, False
        strand.held_until = self._now() + timedelta(seconds=seconds)

    async def end(self, hold: StrandHold, position: int, tried: int, *, keep: float = 0.0) -> None:
        """See the port."""
        strand = self._mine(hold)
        strand.known = replace(strand.known, position=position, first="", tried=tried, attempts=min(tried, 1))
        strand.in_hand, strand.kept = 0, keep > 0
        if keep:
            strand.held_until = self._now() + timedelta(seconds=keep)
        else:
            strand.held_until, strand.behind = _NEVER, 0

    async def give_back(self, hold: StrandHold) -> None:
        """See the port."""
        strand = self._mine(hold)
        strand.held_until, strand.in_hand, strand.behind = _NEVER, 0, 0

    async def ring(self, queue: str, among: Collection[tuple[Priority, int]]) -> None:
        """See the port."""
        now = self._now()
        kept = {place[1:] for place, one in self._strands.items() if place[0] == queue and one.kept_at(now)}
        if came := set(among) - kept:
            self._bell.ring(queue, came)

    async def wait(self, queue: str, seconds: float) -> Collection[tuple[Priority, int]]:
        """See the port."""
        return await self._bell.wait(queue, seconds)

    async def fetched(self, queue: str) -> tuple[int, int]:
        """See the port."""
        now = self._now()
        held = [one for place, one in self._strands.items() if place[0] == queue and one.held_until > now]
        return sum(one.in_hand for one in held), sum(one.behind for one in held)

    async def positions(self, queue: str) -> Mapping[tuple[Priority, int], int]:
        """See the port."""
        return {place[1:]: one.known.position for place, one in self._strands.items() if place[0] == queue}

    def _at(self, place: Place) -> _Strand:
        queue, priority, strand = place
        return self._strands.setdefault(
            place, _Strand(StrandHold(queue=queue, priority=priority, strand=strand, fence=0))
        )

    def _mine(self, hold: StrandHold) -> _Strand:
        strand = self._at((hold.queue, hold.priority, hold.strand))
        if strand.known.fence != hold.fence or strand.held_until <= self._now():
            raise LeaseLost(f"strand {hold.strand} of {hold.queue} is held no more")
        return strand
