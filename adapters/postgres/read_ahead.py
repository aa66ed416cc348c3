"""Reading the submissions that will be claimed next while those claimed before are being decided.

A submission never changes once it is taken in: what was read early is as good as what is read under the claim. Nothing
is held, so nothing depends on it; what was not read, or was claimed by somebody else meanwhile, costs time only.
"""

import asyncio
from collections.abc import Mapping, Sequence

from adapters.postgres.engine import Database, begin_dispatch, columns_of, ended, narrow_to
from adapters.postgres.submissions import SUBMISSIONS, to_requested
from core.acceptance.facts import Requested
from core.kernel.ids import IntakeId, TenantId
from ports.storage import StorageUnavailable

Key = tuple[TenantId, IntakeId]
Probe = tuple[int, int, str]
"""(lane, shard, id of the last submission that is spoken for)."""

_NEXT = """
SELECT found.tenant_id, found.intake_id FROM unnest($1::int[], $2::int[], $3::uuid[]) AS probe(lane, shard, last)
CROSS JOIN LATERAL (
    SELECT j.tenant_id, j.intake_id FROM intake_job j
    WHERE j.shard = probe.shard AND j.lane = probe.lane AND j.intake_id > probe.last
    ORDER BY j.intake_id LIMIT $4
) found LIMIT $4
"""
PATIENCE_SECONDS = 1.0
_AT_ONCE = 64
"""So many bodies are decoded before others get a turn."""


class ReadAhead:
    """At most one reading at a time, over a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading: asyncio.Task[dict[Key, Requested]] | None = None

    def begin(self, probes: Sequence[Probe], limit: int) -> None:
        """Start to read up to ``limit`` submissions, in the order of ``probes``."""
        self._reading = asyncio.create_task(self._read(probes, limit))

    async def end(self) -> Mapping[Key, Requested]:
        """What was read since ``begin``; nothing when nothing was begun, or the storage does not answer."""
        reading, self._reading = self._reading, None
        if reading is None:
            return {}
        try:
            # Whoever asks holds a claim meanwhile: what takes longer than reading it oneself is not waited for.
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await reading
        except (StorageUnavailable, TimeoutError):
            return {}

    async def _read(self, probes: Sequence[Probe], limit: int) -> dict[Key, Requested]:
        read: dict[Key, Requested] = {}
        async with self._database.acquire() as connection, ended(connection, begin_dispatch()):
            keys = await connection.fetch(_NEXT, *columns_of(probes), limit)
            if not keys:
                return read
            tenants = sorted({TenantId(str(tenant)) for tenant, _ in keys})
            await connection.execute(narrow_to(tuple(tenants)))
            rows = await connection.fetch(SUBMISSIONS, *columns_of(keys))
        for start in range(0, len(rows), _AT_ONCE):
            for requested in map(to_requested, rows[start : start + _AT_ONCE]):
                read[requested.submission.tenant, requested.submission.id] = requested
            await asyncio.sleep(0)
        return read
