"""What must be done now and then for the whole installation, and what each worker tells of itself."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from adapters.postgres.engine import Database
from adapters.postgres.migrate import partitions
from adapters.postgres.tidy import tidy
from adapters.toolkit.cron import Cron
from core.scheduling.chore import Every
from entrypoints.worker.chores import Chore
from ports.queue import QueueView
from ports.sagas import SagasView
from ports.telemetry import Telemetry

Step = Callable[[], Awaitable[int]]
TELL_SECONDS = 15.0
EXPIRY = Every(seconds=15)
HOURLY = Every(seconds=3600)
HALF_PAST = Cron("31 * * * *")
"""Of each hour: a day's snapshots can be made when it is over for half an hour, what did not come off an hour later."""


def chores_of(
    owner_url: str, database: Database, sweep: Step, snapshots: Step, coverage: Step, closing: Step
) -> Mapping[str, Chore]:
    """Every chore by its name; partitions are made as the owner, at ``owner_url``."""

    async def make_partitions() -> int:
        return len(await partitions(owner_url, datetime.now(UTC)))

    return {
        "make-partitions": Chore(rhythm=HOURLY, do=make_partitions),
        "end-expired-holds": Chore(rhythm=EXPIRY, do=sweep),
        "tidy": Chore(rhythm=HOURLY, do=lambda: tidy(database)),
        "make-snapshots": Chore(rhythm=HALF_PAST, do=snapshots),
        "cover-backorders": Chore(rhythm=HOURLY, do=coverage),
        "close-orders": Chore(rhythm=HOURLY, do=closing),
    }


class Watching:
    """Tells, beside a worker's loops, how deep the queues are and what is stuck; a failure is told and tried again."""

    def __init__(self, database: Database, queues: QueueView, sagas: SagasView, telemetry: Telemetry) -> None:
        self._database = database
        self._queues = queues
        self._sagas = sagas
        self._stuck: frozenset[str] = frozenset()
        self._telemetry = telemetry

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            await self.turn()
            await asyncio.sleep(TELL_SECONDS)

    async def turn(self) -> None:
        """Tell all of it once, each by itself."""
        for tell in (self._tell_depths, self._tell_stuck):
            try:
                await tell()
            except Exception as error:  # noqa: BLE001 - it is logged, and tried again at its next turn
                self._telemetry.log("warning", "watching failed; trying again", error=repr(error))

    async def _tell_depths(self) -> None:
        for state, connections in self._database.pool_use().items():
            self._telemetry.gauge("database_pool_connections", connections, state=state)
        for queue, depth in (await self._queues.depth()).items():
            for state in ("ready", "leased", "delayed", "parked", "dead"):
                self._telemetry.gauge("queue_depth", getattr(depth, state), queue=queue, state=state)

    async def _tell_stuck(self) -> None:
        stuck = await self._sagas.stuck()
        for name in self._stuck | stuck.keys():
            # A name that was told once is told again when it is down to none: a gauge keeps what it last heard.
            self._telemetry.gauge("sagas_stuck", stuck.get(name, 0), saga=name)
        self._stuck |= stuck.keys()
