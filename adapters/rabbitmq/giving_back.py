"""What a process lets go of: the server takes back what is left of it, and others may have the strand."""

from contextlib import suppress

from adapters.rabbitmq.known import Known
from adapters.rabbitmq.link import Link
from adapters.rabbitmq.turn import Turn
from adapters.toolkit.strands import still_tried
from core.kernel.job import LeaseLost
from ports.broker import BrokerUnavailable
from ports.strands import StrandHold, Strands


class GivingBack:
    """Turns that are lost, until they are given back."""

    def __init__(self, link: Link, strands: Strands, known: Known) -> None:
        self._link = link
        self._strands = strands
        self._known = known
        self.lost: list[Turn] = []

    async def all_lost(self) -> None:
        """Give them back. Raises BrokerUnavailable; then the rest is lost still."""
        while self.lost:
            turn = self.lost.pop()
            try:
                await self.give_back(turn.hold, turn)
            except BaseException:
                self.lost.append(turn)
                raise

    async def give_back(self, hold: StrandHold, turn: Turn | None) -> None:
        """Whoever wants to may take the strand; the server lets nobody begin before it took back what is left."""
        if turn is not None:
            turn.stop()
            self._link.leave(turn.close())
        await self.free(hold, turn)

    async def free(self, hold: StrandHold, turn: Turn | None) -> None:
        """Others may take the strand. Raises BrokerUnavailable: then its time ends by itself."""
        with suppress(LeaseLost):
            if turn is not None and turn.ended:
                await self._strands.end(hold, 0, still_tried(turn.out))
            else:
                await self._strands.give_back(hold)

    def leave(self, turn: Turn) -> None:
        """Give back a turn that rested, without waiting for it, and tell the others if there is something in it."""
        self._link.leave(self._left(turn))

    async def _left(self, turn: Turn) -> None:
        turn.stop()
        try:
            await turn.close()
        finally:
            with suppress(BrokerUnavailable):  # then its time ends by itself
                await self.free(turn.hold, turn)
                # While it was kept nobody was told of what came.
                if await self._known.is_left(turn.place):
                    await self._strands.ring(turn.hold.queue, [turn.strand])
