"""What is in the queues, for operators."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from adapters.memory.database import MemoryDatabase
from adapters.memory.tables import DEAD, INTAKE_JOBS, JOBS, DeadRow
from core.kernel.ids import JobId, TenantId
from core.kernel.job import DeadLetter
from ports.queue import Depth

_NEVER = datetime.max.replace(tzinfo=UTC)


class MemoryQueueView:
    """See ports.queue.QueueView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def depth(self, tenants: Sequence[TenantId] | None = None) -> Mapping[str, Depth]:
        """See the port."""
        async with self._database.dispatching() as session:
            wanted = [(key, row) for key, row in session.scan(JOBS) if tenants is None or key[0] in tenants]
            letters = [(key, row) for key, row in session.scan(DEAD) if not row.forgiven]
            dead = [row for key, row in letters if tenants is None or key[0] in tenants]
            intake = sum(1 for key, _ in session.scan(INTAKE_JOBS) if tenants is None or key[0] in tenants)
            now = session.now
        found = {"intake": Depth(ready=intake)}
        for _, row in wanted:
            at = row.run_at or _NEVER
            found[row.queue] = _plus(
                found.get(row.queue),
                ready=not row.leased and at <= now,
                leased=row.leased,
                delayed=not row.leased and now < at < _NEVER,
                parked=row.run_at is None,
            )
        for letter in dead:
            found[letter.job.queue] = _plus(found.get(letter.job.queue), dead=True)
        return found

    async def dead(self, tenant: TenantId, *, after: str, limit: int) -> Sequence[DeadLetter]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = sorted(
                ((key[1], row) for key, row in session.scan(DEAD) if key[1] > after and not row.forgiven),
                key=lambda letter: letter[0],
            )[:limit]
        return [_to_letter(tenant, job, row) for job, row in found]


def _plus(
    depth: Depth | None,
    *,
    ready: bool = False,
    leased: bool = False,
    delayed: bool = False,
    parked: bool = False,
    dead: bool = False,
) -> Depth:
    have = depth or Depth()
    return Depth(
        ready=have.ready + ready,
        leased=have.leased + leased,
        delayed=have.delayed + delayed,
        parked=have.parked + parked,
        dead=have.dead + dead,
    )


def _to_letter(tenant: TenantId, job: JobId, row: DeadRow) -> DeadLetter:
    return DeadLetter(
        id=job,
        tenant=tenant,
        queue=row.job.queue,
        payload=row.job.payload,
        correlation=row.job.correlation,
        attempts=row.job.attempts,
        error_code=row.code,
        error_detail=row.detail,
        trace=row.trace,
        failed_at=row.failed_at,
    )
