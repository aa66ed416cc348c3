"""What a process receives from RabbitMQ, holds, and is done with.

A turn is begun with the next messages of a strand; it is out while a batch of it is; then it goes on, if what comes
next was handed out before, or rests; it is lost when its time is over, its channel closed or anything went wrong, until
it is given back.
"""

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from itertools import count

from adapters.rabbitmq.giving_back import GivingBack
from adapters.rabbitmq.known import Known
from adapters.rabbitmq.letters import unpacked
from adapters.rabbitmq.link import Link
from adapters.rabbitmq.queues import Queues
from adapters.rabbitmq.resting import REST_SECONDS, Resting
from adapters.rabbitmq.turn import Turn
from adapters.toolkit.strands import next_out, receipt_of, still_tried
from core.kernel.job import LeaseLost
from core.kernel.message import Batch, Priority, in_turn
from ports.broker import BrokerUnavailable
from ports.queue import Depth
from ports.strands import StrandHold, Strands


class Receiving:
    """The half of a RabbitBroker that receives."""

    def __init__(self, link: Link, most: int, strands: Strands) -> None:
        self._link = link
        self._queues = Queues(link, most)
        self._strands = strands
        self._known = Known(link, self._queues, strands)
        self._out: dict[str, Turn] = {}
        self._going_on: dict[str, list[Turn]] = defaultdict(list)
        self._giving_back = GivingBack(link, strands, self._known)
        self._resting = Resting(self._giving_back.leave)
        self._receipts = count()
        self._turns = 0

    async def receive(self, queue: str, limit: int, seconds: float) -> Batch | None:
        """See the port."""
        await self._give_back_what_is_over()
        going_on = self._going_on[queue]
        turn = going_on.pop(0) if going_on else await self._next(queue, seconds)
        if turn is None:
            return None
        try:
            return await self._handed_out(turn, limit, seconds)
        except LeaseLost:
            self._giving_back.lost.append(turn)
            return None
        except BaseException:
            self._giving_back.lost.append(turn)
            raise

    async def wait(self, queue: str, seconds: float) -> None:
        """See the port."""
        rung = asyncio.ensure_future(self._known.wait(queue, seconds))
        try:
            await self._or_ready(queue, rung)
        finally:
            rung.cancel()

    async def done(self, batch: Batch) -> None:
        """See the port."""
        await self._give_back_what_is_over()
        turn = self._out.pop(batch.receipt, None)
        if turn is None:
            raise LeaseLost(f"batch {batch.receipt} is held no more")
        try:
            await self._end(turn)
        except BaseException:
            self._giving_back.lost.append(turn)
            raise
        self._known.look_a_little(turn.hold.queue)

    async def depth(self, queue: str) -> Depth:
        """See the port."""
        async with self._link.talking():
            waiting = await self._queues.waiting(queue)
        in_hand, behind = await self._strands.fetched(queue)
        # What came since it was counted; of that of other processes nobody knows.
        came = sum(len(turn.fetched) - turn.counted for turn in self._held() if turn.hold.queue == queue)
        return Depth(ready=waiting + behind + came, leased=in_hand)

    async def close(self) -> None:
        """Give back what is held; the connection is to be closed before."""
        for turn in [*self._held(), *self._giving_back.lost]:
            turn.stop()
            with suppress(BrokerUnavailable):  # then its time ends by itself
                await self._giving_back.free(turn.hold, turn)

    async def _handed_out(self, turn: Turn, limit: int, seconds: float) -> Batch:
        out = next_out(turn.hold, turn.fetched[0].id, len(turn.fetched), limit)
        until = _time() + seconds
        await self._strands.hand_out(turn.hold, out, seconds)
        letters = turn.hand_out(out, until, lambda: self._link.leave(turn.close()))
        messages = tuple(unpacked(letter, turn.place) for letter in letters)
        receipt = f"{receipt_of(turn.hold)}:{next(self._receipts)}"  # a turn is handed out more than once
        self._out[receipt] = turn
        return Batch(messages=messages, attempt=out.attempt, receipt=receipt)

    async def _end(self, turn: Turn) -> None:
        """It keeps its strand, unless more of it waits and that of others does too: then they take turns."""
        queue, tried = turn.hold.queue, still_tried(turn.out)
        async with self._link.talking():
            await turn.end()
            leaves = bool(turn.fetched and not tried and self._known.of(queue))
            if leaves:
                await turn.close()
        until = _time() + REST_SECONDS
        try:
            await self._strands.end(turn.hold, 0, tried, keep=0.0 if leaves else REST_SECONDS)
        except LeaseLost:  # what is ended is: nobody else could have had it
            self._giving_back.lost.append(turn)
            return
        turn.ended = False
        turn.hold = replace(turn.hold, first="", tried=tried, attempts=1)
        if leaves:
            turn.stop()
            self._known.add(queue, [turn.strand])
            with suppress(BrokerUnavailable):  # who is not told looks
                await self._strands.ring(queue, [turn.strand])
        elif tried:
            turn.keep(until, lambda: self._link.leave(turn.close()))
            self._going_on[queue].append(turn)
        else:
            self._resting.add(turn, until)

    async def _next(self, queue: str, seconds: float) -> Turn | None:
        """A turn with what is next in a strand of the best priority that has any: one that rests, or one begun now."""
        self._turns += 1
        await self._known.wait(queue, 0)
        turn = await self._of_best_priority(queue, seconds)
        if turn is None and self._known.is_old(queue):
            await self._or_ready(queue, self._known.look(queue))
            turn = await self._of_best_priority(queue, seconds)
        return turn

    async def _or_ready(self, queue: str, other: asyncio.Future[None]) -> None:
        """Until the ``other`` is done, or something is ready. Raises what the other raises."""
        ready = asyncio.ensure_future(self._resting.something_is_ready(queue))
        try:
            await asyncio.wait([other, ready], return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if other.done():
            other.result()

    async def _of_best_priority(self, queue: str, seconds: float) -> Turn | None:
        for priority in in_turn(self._turns):
            turn = await self._begun(queue, priority, seconds) or self._resting.ready(queue, priority)
            if turn is not None:
                return turn
        return None

    async def _begun(self, queue: str, priority: Priority, seconds: float) -> Turn | None:
        """A turn with what is next in a strand nobody holds."""
        self._known.forget(queue, [turn.strand for turn in self._resting if turn.hold.queue == queue])
        while among := self._known.of(queue, priority):
            hold = await self._strands.take(queue, among, seconds)
            self._known.forget(queue, among if hold is None else [(hold.priority, hold.strand)])
            if hold is not None and (turn := await self._begun_with(hold, seconds)) is not None:
                return turn
        return None

    async def _begun_with(self, hold: StrandHold, seconds: float) -> Turn | None:
        turn = None
        begun = False
        try:
            async with self._link.talking():
                turn = Turn(hold, await self._link.channel(), _time() + seconds)
                begun = await turn.begin()
        finally:
            if not begun:
                with suppress(BrokerUnavailable):  # then its time ends by itself
                    await self._giving_back.give_back(hold, turn)
        return turn if begun else None

    def _held(self) -> list[Turn]:
        """The turns that are not lost, as far as is known."""
        return [*self._out.values(), *(turn for turns in self._going_on.values() for turn in turns), *self._resting]

    async def _give_back_what_is_over(self) -> None:
        for receipt in [receipt for receipt, turn in self._out.items() if turn.over]:
            self._giving_back.lost.append(self._out.pop(receipt))
        for queue, turns in self._going_on.items():
            self._giving_back.lost += [turn for turn in turns if turn.over]
            self._going_on[queue] = [turn for turn in turns if not turn.over]
        for turn in [turn for turn in self._resting if turn.over]:
            self._resting.remove(turn)
            self._giving_back.lost.append(turn)
        await self._giving_back.all_lost()


def _time() -> float:
    return asyncio.get_running_loop().time()
