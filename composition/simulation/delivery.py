"""A publisher as bad as a broker may be: again, late, in another order, only some, and then it says that it failed."""

import asyncio
from collections.abc import Sequence

from composition.simulation.faults import PlannedFaults
from composition.simulation.loop import PROCESS
from composition.simulation.observer import Observer
from core.kernel.event import RecordedEvent
from ports.delivery import Publisher
from ports.storage import StorageUnavailable


class BadPublisher:
    """See ports.delivery.Publisher. Delivers through ``inner``; everything was delivered when it returns."""

    def __init__(self, inner: Publisher, faults: PlannedFaults, observer: Observer) -> None:
        self._inner = inner
        self._faults = faults
        self._observer = observer
        self._old: list[RecordedEvent] = []

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """See the port."""
        self._observer.publishing(events)
        random = self._faults.dice("delivery", self._faults.rates.delivery)
        if random is None:
            await self._inner.publish(events)
            return
        self._faults.tell("delivery", PROCESS.get())
        self._old = [*self._old, *events][-40:]
        some = random.sample(events, random.randint(1, len(events)))
        match random.randrange(4):
            case 0:
                await self._inner.publish(some)
                raise StorageUnavailable("the broker went away in the middle of it")
            case 1:
                await self._inner.publish([*some, *events, *some])
            case 2:
                await asyncio.sleep(random.random() * 8)
                await self._inner.publish(random.sample(events, len(events)))
            case _:
                await self._inner.publish(random.sample(self._old, len(self._old)))
                await self._inner.publish(events)
