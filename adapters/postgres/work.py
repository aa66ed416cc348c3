"""Claiming submissions: deleted from the job table in the transaction that decides them."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from adapters.postgres.engine import Database, begin_dispatch, narrow_to
from adapters.postgres.read_ahead import Key, ReadAhead
from adapters.postgres.transaction import PostgresTransaction, committed
from core.acceptance.facts import Requested
from core.intake.submission import Lane
from core.kernel.context import Context
from core.kernel.ids import IntakeId, NewId, TenantId, first_id_at, made_at
from core.kernel.value import value
from ports.work import Membership

SHARD_LOCK = 7_001_002
"""Advisory lock class: (this, shard) is held by the transaction working on the shard."""

_CLAIM = f"""
WITH owned AS MATERIALIZED (
    SELECT s FROM unnest($1::int[]) AS s WHERE pg_try_advisory_xact_lock({SHARD_LOCK}, s)
), next AS (
    SELECT found.tenant_id, found.intake_id, found.lane
    FROM unnest($2::int[], $3::int[], $5::uuid[]) AS probe(lane, shard, floor)
    CROSS JOIN LATERAL (
        SELECT j.tenant_id, j.intake_id, j.lane FROM intake_job j
        WHERE j.shard = probe.shard AND j.lane = probe.lane AND j.intake_id >= probe.floor
        ORDER BY j.intake_id LIMIT $4
    ) found
    WHERE probe.shard IN (SELECT s FROM owned)
    LIMIT $4
)
DELETE FROM intake_job j USING next WHERE j.tenant_id = next.tenant_id AND j.intake_id = next.intake_id
RETURNING j.tenant_id, j.intake_id, j.shard, j.lane
"""
# Who is silent for ten seconds has no shards any more; how often it crashed is remembered for a day.
_BEAT = """
WITH gone AS (
         DELETE FROM worker WHERE id IN (
             SELECT id FROM worker WHERE seen_at < now() - interval '1 day' AND id <> $1 FOR UPDATE SKIP LOCKED
         )
     ),
     beat AS (
         INSERT INTO worker AS w (id, seen_at) VALUES ($1, now())
         ON CONFLICT (id) DO UPDATE SET seen_at = now(),
             crashes = CASE WHEN $3 OR w.seen_at < now() - interval '1 day' THEN 0 ELSE w.crashes + $2 END
         RETURNING crashes
     )
SELECT (SELECT crashes FROM beat) AS crashes,
       (SELECT count(*) FROM worker WHERE id < $1 AND seen_at >= now() - interval '10 seconds') AS before,
       (SELECT count(*) FROM worker WHERE id <> $1 AND seen_at >= now() - interval '10 seconds') AS others
"""


@value
class PostgresClaimed:
    """See ports.work.Claimed."""

    batch: Sequence[Requested]
    context: Context
    transaction: PostgresTransaction


LATE = timedelta(seconds=5)
"""How much later than others a job may be written after its id was made, and still be claimed in its turn."""
FROM_THE_START_EVERY = 17
"""No multiple of the worker's own turns, so that claims from the start serve the lanes in either order."""
_START = "00000000-0000-0000-0000-000000000000"


class Floors:
    """Where to begin looking in each (lane, shard): a little before the last job claimed there.

    Index entries of claimed jobs stay until vacuum, and a claim that began at the first would walk over all of them.
    What was written later than ``LATE`` is found by every seventeenth claim, which looks from the start.
    """

    def __init__(self) -> None:
        self._floors: dict[tuple[int, int], str] = {}
        self._turn = 0

    def of(self, probes: Sequence[tuple[int, int]]) -> list[str]:
        """The floor of each (lane, shard)."""
        self._turn += 1
        if self._turn % FROM_THE_START_EVERY == 0:
            return [_START] * len(probes)
        return [self._floors.get(probe, _START) for probe in probes]

    def rise(self, claimed: Iterable[tuple[int, int, str]]) -> None:
        """After the commit: these (lane, shard, id) are gone."""
        last: dict[tuple[int, int], str] = {}
        for lane, shard, intake in claimed:
            last[lane, shard] = max(last.get((lane, shard), ""), intake)
        for probe, intake in last.items():
            self._floors[probe] = first_id_at(made_at(intake) - LATE)


class PostgresWork:
    """See ports.work.Work."""

    def __init__(self, database: Database, new_id: NewId) -> None:
        self._database = database
        self._new_id = new_id
        self._floors = Floors()
        self._ahead = ReadAhead(database)

    @asynccontextmanager
    async def claim(
        self, shards: Sequence[int], lanes: Sequence[Lane], limit: int, context: Context
    ) -> AsyncIterator[PostgresClaimed]:
        """See the port."""
        probes = [(int(lane), shard) for lane in lanes for shard in shards]
        floors = self._floors.of(probes)
        async with self._database.acquire() as connection, committed(connection, begin_dispatch()):
            rows = await connection.fetch(
                _CLAIM, list(shards), [lane for lane, _ in probes], [shard for _, shard in probes], limit, floors
            )
            claimed = [
                (TenantId(str(tenant)), IntakeId(str(intake)), shard, lane) for tenant, intake, shard, lane in rows
            ]
            tenants = tuple(sorted({tenant for tenant, _, _, _ in claimed})) or context.tenants
            narrowed = replace(context, tenants=tenants)
            if not rows:
                nothing = PostgresTransaction(connection, narrowed, self._new_id)
                yield PostgresClaimed(batch=(), context=narrowed, transaction=nothing)
                return
            await connection.execute(narrow_to(tenants))
            transaction = PostgresTransaction(connection, narrowed, self._new_id)
            keys = sorted([(tenant, intake) for tenant, intake, _, _ in claimed], key=_arrival)
            batch = await self._submissions(keys, transaction)
            jobs = [(lane, shard, intake) for _, intake, shard, lane in claimed]
            if len(rows) == limit:
                turned = [(int(lane), shard) for lane in lanes for shard in (*shards[1:], *shards[:1])]
                last = _last(jobs, dict(zip(probes, floors, strict=True)))
                self._ahead.begin([(*probe, last[probe]) for probe in turned], limit)
            yield PostgresClaimed(batch=batch, context=narrowed, transaction=transaction)
        self._floors.rise(jobs)

    async def _submissions(self, keys: Sequence[Key], transaction: PostgresTransaction) -> Sequence[Requested]:
        """Those of ``keys``: read ahead, else now."""
        read = dict(await self._ahead.end())
        missing = [key for key in keys if key not in read]
        for requested in await transaction.acceptance.submissions_of(missing):
            read[requested.submission.tenant, requested.submission.id] = requested
        return [read[key] for key in keys if key in read]


class PostgresWorkers:
    """See ports.work.Workers. Judged by the database's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def join(self, worker: str) -> Membership:
        """See the port."""
        return await self._beat(worker, crashed=1, well=False)

    async def beat(self, worker: str, *, well: bool = False) -> Membership:
        """See the port."""
        return await self._beat(worker, crashed=0, well=well)

    async def _beat(self, worker: str, *, crashed: int, well: bool) -> Membership:
        async with self._database.autocommit() as connection:
            row = await connection.fetchrow(_BEAT, worker, crashed, well)
        return Membership(index=row["before"], count=row["others"] + 1, crashes=row["crashes"])

    async def leave(self, worker: str) -> None:
        """See the port."""
        async with self._database.autocommit() as connection:
            await connection.execute("DELETE FROM worker WHERE id = $1", worker)


def _last(jobs: Iterable[tuple[int, int, str]], floors: Mapping[tuple[int, int], str]) -> dict[tuple[int, int], str]:
    """For each (lane, shard) the id everything up to which is spoken for."""
    last = dict(floors)
    for lane, shard, intake in jobs:
        last[lane, shard] = max(last[lane, shard], intake)
    return last


def _arrival(key: tuple[TenantId, IntakeId]) -> IntakeId:
    return key[1]
