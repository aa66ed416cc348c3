"""What must be done now and then: partitions ahead, snapshots of past days, depths and stuck sagas for watchers."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from adapters.postgres.engine import Database
from adapters.postgres.migrate import partitions
from adapters.postgres.tidy import tidy
from entrypoints.worker.closing import Closing
from entrypoints.worker.covering import Coverage
from entrypoints.worker.snapshotting import Snapshotting
from entrypoints.worker.sweep import Sweep
from ports.queue import QueueView
from ports.sagas import SagasView
from ports.telemetry import Telemetry

DEPTH_SECONDS = 15.0
HOURLY = 240
"""In turns."""


class Housekeeping:
    """Runs beside a worker's loops; a failure is logged and tried again at the next turn."""

    def __init__(
        self,
        owner_url: str,
        database: Database,
        queues: QueueView,
        sagas: SagasView,
        sweep: Sweep,
        snapshotting: Snapshotting,
        coverage: Coverage,
        closing: Closing,
        telemetry: Telemetry,
    ) -> None:
        self._owner_url = owner_url
        self._database = database
        self._queues = queues
        self._sagas = sagas
        self._stuck: frozenset[str] = frozenset()
        self._sweep = sweep
        self._snapshotting = snapshotting
        self._coverage = coverage
        self._closing = closing
        self._telemetry = telemetry

    async def keep(self) -> None:
        """Until cancelled."""
        turn = 0
        while True:
            await self.turn(hourly=turn % HOURLY == 0)
            turn += 1
            await asyncio.sleep(DEPTH_SECONDS)

    async def turn(self, *, hourly: bool) -> None:
        """Every chore that is due, each by itself: one that fails keeps none of the others waiting."""
        chores: list[Callable[[], Awaitable[object]]] = [self._sweep.step, self._report_depths, self._report_stuck]
        if hourly:
            chores = [
                self._make_partitions,
                lambda: tidy(self._database),
                *chores,
                self._snapshotting.step,
                self._coverage.step,
                self._closing.step,
            ]
        for chore in chores:
            try:
                await chore()
            except Exception as error:  # noqa: BLE001 - it is logged, and tried again at its next turn
                self._telemetry.log("warning", "housekeeping failed; trying again", error=repr(error))

    async def _make_partitions(self) -> None:
        await partitions(self._owner_url, datetime.now(UTC))

    async def _report_depths(self) -> None:
        for state, connections in self._database.pool_use().items():
            self._telemetry.gauge("database_pool_connections", connections, state=state)
        for queue, depth in (await self._queues.depth()).items():
            for state in ("ready", "leased", "delayed", "parked", "dead"):
                self._telemetry.gauge("queue_depth", getattr(depth, state), queue=queue, state=state)

    async def _report_stuck(self) -> None:
        stuck = await self._sagas.stuck()
        for name in self._stuck | stuck.keys():
            # A name that was told once is told again when it is down to none: a gauge keeps what it last heard.
            self._telemetry.gauge("sagas_stuck", stuck.get(name, 0), saga=name)
        self._stuck |= stuck.keys()
