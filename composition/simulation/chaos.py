"""The planner of disasters: one after the other, until the world is healed."""

import asyncio
from random import Random

from adapters.memory.store import Writes
from adapters.memory.tables import JOBS
from composition.simulation.world import World
from core.sagas.queues import STEPS, TIMEOUTS

PLACES = ("api-0", "api-1", "worker-0", "worker-1")

ATTEMPTS_LOST_MAX = 2
"""An order nothing is wrong with must not run out of attempts by bad luck."""


class Chaos:
    """Crashes, outages and pauses of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._faults = world.faults
        self._random: Random = world.faults.random
        world.store.before_commit.append(self._at_commit)

    async def run(self) -> None:
        """Disaster upon disaster."""
        rates = self._faults.rates
        while not self._faults.healed:
            await asyncio.sleep(self._random.random() * (20.0 if self._faults.ebbing else 0.6))
            place = self._random.choice(PLACES)
            if self._faults.chance("crash", rates.crash):
                self._world.crash(place)
            elif self._faults.has("outage") and self._random.random() < rates.outage:
                whose = None if self._random.random() < 0.4 else place
                self._faults.begin_outage(whose, self._random.random() * 1.5)
            elif self._faults.chance("pause", rates.nap):
                self._world.freeze(place, self._random.choice((0.5, 7.0, 20.0)))

    def _at_commit(self, process: str, transaction_id: int | None, writes: Writes) -> None:
        leased = [row for row in writes.get(JOBS, {}).values() if row is not None and row.leased]
        if any(row.attempts > ATTEMPTS_LOST_MAX for row in leased):
            return
        rates = self._faults.rates
        if self._faults.chance("crash", rates.commit_crash):
            self._world.loop.call_soon(self._world.crash_by_name, process)
        of_sagas = any(row.queue in (STEPS, TIMEOUTS) for row in leased)
        if leased and self._faults.chance("pause", rates.saga_pause if of_sagas else rates.pause):
            self._world.freeze(process.partition("#")[0], 61.0 + self._random.random() * 10)
