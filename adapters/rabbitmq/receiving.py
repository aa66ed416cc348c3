"""What a process receives from RabbitMQ, holds, and is done with.

A turn is begun with the next messages of a strand; it is out while a batch of it is; it goes on when something is left
that must not go back; it is lost when its time is over, its channel closed or anything went wrong, until it is given
back.
"""

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace

from aio_pika.abc import AbstractChannel

from adapters.rabbitmq.letters import unpacked
from adapters.rabbitmq.link import Link
from adapters.rabbitmq.queues import Queues
from adapters.rabbitmq.turn import Turn
from adapters.toolkit.strands import next_out, receipt_of, still_tried
from core.kernel.job import LeaseLost
from core.kernel.message import Batch, Priority, in_turn
from ports.broker import BrokerUnavailable
from ports.queue import Depth
from ports.strands import StrandHold, Strands

LOOK_SECONDS = 0.2
"""So long what senders say is enough to go by; looking also finds what somebody left behind."""


class Receiving:
    """The half of a RabbitBroker that receives."""

    def __init__(self, link: Link, most: int, strands: Strands) -> None:
        self._link = link
        self._queues = Queues(link, most)
        self._strands = strands
        self._out: dict[str, Turn] = {}
        self._going_on: dict[str, list[Turn]] = defaultdict(list)
        self._lost: list[Turn] = []
        self._seen: dict[str, list[tuple[Priority, int]]] = {}
        self._channels: list[tuple[int, AbstractChannel]] = []
        self._looks = 0
        self._looked_at = -LOOK_SECONDS

    async def receive(self, queue: str, limit: int, seconds: float) -> Batch | None:
        """See the port."""
        await self._give_back_what_is_over()
        going_on = self._going_on[queue]
        turn = going_on.pop(0) if going_on else await self._begun(queue, seconds)
        if turn is None:
            return None
        try:
            return await self._handed_out(turn, limit, seconds)
        except LeaseLost:
            self._lost.append(turn)
            return None
        except BaseException:
            self._lost.append(turn)
            raise

    async def wait(self, queue: str, seconds: float) -> None:
        """See the port."""
        self._seen[queue] = await self._heard(queue, seconds)

    async def done(self, batch: Batch) -> None:
        """See the port."""
        await self._give_back_what_is_over()
        turn = self._out.pop(batch.receipt, None)
        if turn is None:
            raise LeaseLost(f"batch {batch.receipt} is held no more")
        try:
            await self._end(turn)
        except BaseException:
            self._lost.append(turn)
            raise

    async def depth(self, queue: str) -> Depth:
        """See the port."""
        async with self._link.talking():
            waiting = await self._queues.waiting(queue)
        in_hand, behind = await self._strands.fetched(queue)
        return Depth(ready=waiting + behind, leased=in_hand)

    async def close(self) -> None:
        """Give back what is held; the connection is to be closed before."""
        turns = [*self._out.values(), *(turn for turns in self._going_on.values() for turn in turns), *self._lost]
        for turn in turns:
            turn.rest()
            with suppress(BrokerUnavailable):  # then its time ends by itself
                await self._free(turn.hold, turn)

    async def _handed_out(self, turn: Turn, limit: int, seconds: float) -> Batch:
        out = next_out(turn.hold, turn.fetched[0].id, len(turn.fetched), limit)
        until = _time() + seconds
        await self._strands.hand_out(turn.hold, out, seconds)
        letters = turn.hand_out(out, until, lambda: self._link.leave(turn.close()))
        messages = tuple(unpacked(letter, turn.place) for letter in letters)
        receipt = receipt_of(turn.hold)
        self._out[receipt] = turn
        return Batch(messages=messages, attempt=out.attempt, receipt=receipt)

    async def _end(self, turn: Turn) -> None:
        """A turn goes on while what comes was handed out before, or no more comes: else others may want it."""
        tried = still_tried(turn.out)
        async with self._link.talking():
            await turn.end()
            goes_on = bool(turn.fetched and (tried or not turn.receiving))
            if turn.fetched and not goes_on:
                await turn.close()
        with suppress(LeaseLost):  # what is ended is: nobody else could have had it
            await self._strands.end(turn.hold, 0, tried, keep=goes_on)
        if goes_on:
            turn.hold = replace(turn.hold, first="", tried=tried, attempts=1)
            self._going_on[turn.hold.queue].append(turn)
            return
        turn.rest()
        if not turn.fetched:
            self._channels.append((self._link.generation, turn.channel))

    async def _begun(self, queue: str, seconds: float) -> Turn | None:
        """A turn with what is next in a strand nobody holds, of the best priority that has any."""
        among, looked = self._seen.pop(queue, []), False
        if not among and _time() < self._looked_at + LOOK_SECONDS:
            among = await self._heard(queue, 0)
        while among or not looked:
            if not among:
                among, looked = await self._look(queue), True
                continue
            hold = await self._strands.take(queue, among, seconds)
            # Looking takes longer than all the rest: what else was seen is where the next turn begins.
            among = [place for place in among if hold and place != (hold.priority, hold.strand)]
            if hold is not None and (turn := await self._begun_with(hold, seconds)) is not None:
                self._seen[queue] = among
                return turn
        return None

    async def _begun_with(self, hold: StrandHold, seconds: float) -> Turn | None:
        turn = None
        begun = False
        try:
            async with self._link.talking():
                turn = Turn(hold, await self._channel(), _time() + seconds)
                begun = await turn.begin()
        finally:
            if not begun:
                with suppress(BrokerUnavailable):  # then its time ends by itself
                    await self._give_back(hold, turn)
        return turn if begun else None

    async def _channel(self) -> AbstractChannel:
        while self._channels:
            generation, channel = self._channels.pop()
            if generation == self._link.generation and not channel.is_closed:
                return channel
        return await self._link.channel()

    async def _heard(self, queue: str, seconds: float) -> list[tuple[Priority, int]]:
        """The strands of the best priority that a sender named since, or names within so many seconds."""
        told = await self._strands.wait(queue, seconds)
        best = min((priority for priority, _ in told), default=None)
        return [strand for strand in told if strand[0] == best]

    async def _look(self, queue: str) -> list[tuple[Priority, int]]:
        """The strands of the best priority that have something and nobody who receives it."""
        self._looks += 1
        self._looked_at = _time()
        async with self._link.talking():
            for priority in in_turn(self._looks):
                lengths = await self._queues.strands(queue, priority)
                free = [place[1:] for place, length in lengths.items() if length.waiting and not length.receivers]
                if free:
                    return free
        return []

    async def _give_back_what_is_over(self) -> None:
        for receipt in [receipt for receipt, turn in self._out.items() if turn.over]:
            self._lost.append(self._out.pop(receipt))
        for queue, turns in self._going_on.items():
            self._lost += [turn for turn in turns if turn.over]
            self._going_on[queue] = [turn for turn in turns if not turn.over]
        while self._lost:
            turn = self._lost.pop()
            try:
                await self._give_back(turn.hold, turn)
            except BaseException:
                self._lost.append(turn)
                raise

    async def _give_back(self, hold: StrandHold, turn: Turn | None) -> None:
        """Whoever wants to may take the strand; the server lets nobody begin before it took back what is left."""
        if turn is not None:
            turn.rest()
            self._link.leave(turn.close())
        await self._free(hold, turn)

    async def _free(self, hold: StrandHold, turn: Turn | None) -> None:
        with suppress(LeaseLost):
            if turn is not None and turn.ended:
                await self._strands.end(hold, 0, still_tried(turn.out))
            else:
                await self._strands.give_back(hold)


def _time() -> float:
    return asyncio.get_running_loop().time()
