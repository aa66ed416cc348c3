"""The planner of disasters: one after the other, until the world is healed."""

import asyncio

from adapters.memory.store import Writes
from adapters.memory.tables import JOBS
from composition.simulation.choices import share
from composition.simulation.world import World
from core.sagas.queues import STEPS, TIMEOUTS

PLACES = ("api-0", "api-1", "worker-0", "worker-1")

NAPS = (0.5, 7.0, 20.0)
ATTEMPTS_LOST_MAX = 2
"""An order nothing is wrong with must not run out of attempts by bad luck."""


class Chaos:
    """Crashes, outages and pauses of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._faults = world.faults
        self._random = world.random_of("chaos")
        world.store.before_commit.append(self._at_commit)

    async def run(self) -> None:
        """Disaster upon disaster. Who is next is the seed's, whether anything befalls him a choice of the run."""
        rates, faults, number = self._faults.rates, self._faults, 0
        while not faults.healed:
            number += 1
            await asyncio.sleep(self._random.random() * (20.0 if faults.ebbing else 0.6))
            place = self._random.choice(PLACES)
            if faults.draw("crash", rates.crash, number=number):
                self._world.crash(place)
            elif value := faults.draw("outage", rates.outage, number=number):
                faults.begin_outage(None if value % 5 < 2 else place, share(value) * 1.5)
            elif value := faults.draw("pause", rates.nap, "nap", number):
                self._world.freeze(place, NAPS[value % len(NAPS)])

    def _at_commit(self, process: str, transaction_id: int | None, writes: Writes) -> None:
        leased = [row for row in writes.get(JOBS, {}).values() if row is not None and row.leased]
        if any(row.attempts > ATTEMPTS_LOST_MAX for row in leased):
            return
        rates = self._faults.rates
        if self._faults.draw("crash", rates.commit_crash, "crash-at-commit"):
            self._world.loop.call_soon(self._world.crash_by_name, process)
        of_sagas = any(row.queue in (STEPS, TIMEOUTS) for row in leased)
        value = self._faults.draw("pause", rates.saga_pause if of_sagas else rates.pause) if leased else 0
        if value:
            self._world.freeze(process.partition("#")[0], 61.0 + share(value) * 10)
