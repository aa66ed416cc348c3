"""Taking submissions in: one statement for a whole group, durable when it returns."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from adapters.postgres.engine import Connection, Database, begin_as
from adapters.postgres.taking_in import append
from adapters.postgres.transaction import committed
from adapters.toolkit.codec import decode
from core.intake.submission import (
    ExternalIdReused,
    IntakeStatus,
    KeyReused,
    LanePolicy,
    Receipt,
    Submission,
    same_request,
)
from core.kernel.errors import DomainError
from core.kernel.ids import IntakeId, OrderId, TenantId
from core.kernel.value import maker
from ports.intake import IntakeProgress

KEY_KEPT = timedelta(hours=24)
_receipt = maker(Receipt)
_KNOWN = """
SELECT n.place, i.id, i.order_id, i.body_hash, i.body, i.received_at, i.id = n.id AS same, i.key_hash = n.key AS by_key
FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::text[], $5::text[]) WITH ORDINALITY
     AS n(tenant_id, id, key, channel, external, place)
CROSS JOIN LATERAL (
    SELECT * FROM intake WHERE tenant_id = n.tenant_id AND id = n.id
    UNION SELECT * FROM intake WHERE tenant_id = n.tenant_id AND key_hash = n.key
    UNION SELECT * FROM intake WHERE tenant_id = n.tenant_id AND channel = n.channel AND external_id = n.external
) i
ORDER BY n.place, (i.id = n.id) DESC, (i.key_hash = n.key) DESC NULLS LAST
"""
_FORGET = "UPDATE intake SET key_hash = NULL WHERE tenant_id = $1 AND id = $2"
# The order is asked for by a value, not by a join: a plan made while the table was empty joins by walking the tenant.
_PROGRESS = """
SELECT i.order_id, i.received_at, o.vendor, o.reasons, o.accepted_at, o.rejected_at, o.held_at,
       q.attempts, d.error_code, d.error_detail, d.failed_at
FROM intake i
LEFT JOIN orders o ON o.tenant_id = $1 AND o.id = (SELECT order_id FROM intake WHERE tenant_id = $1 AND id = $2)
LEFT JOIN queue_job q ON q.tenant_id = $1 AND q.id = $2
LEFT JOIN dead_letter d ON d.tenant_id = $1 AND d.id = $2
WHERE i.tenant_id = $1 AND i.id = $2
"""


class PostgresIntakeLog:
    """See ports.intake.IntakeLog."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, submissions: Sequence[Submission]) -> Sequence[Receipt | DomainError]:
        """See the port."""
        tenants = tuple(sorted({submission.tenant for submission in submissions}))
        async with self._database.acquire() as connection, committed(connection, begin_as(tenants)):
            kept = await append(connection, submissions, tenants)
            if len(kept) == len(submissions):
                return [_receipt(id=new.id, order_id=new.order_id) for new in submissions]
            return await _answer(connection, submissions, tenants, kept)


async def _answer(
    connection: Connection, submissions: Sequence[Submission], tenants: Sequence[TenantId], kept: set[str]
) -> list[Receipt | DomainError]:
    """Answers when some were known already: their own receipt, the first one's, or what is wrong."""
    doubtful = [new for new in submissions if new.id not in kept]
    known = await _known(connection, doubtful)
    expired = [new for new in doubtful if _expired(new, known[new.id])]
    if expired:
        for new in expired:
            await connection.execute(_FORGET, new.tenant, known[new.id]["id"])
        kept |= await append(connection, expired, tenants)
        known |= await _known(connection, [new for new in expired if new.id not in kept])
    return [
        Receipt(id=new.id, order_id=new.order_id) if new.id in kept else _of_known(new, known[new.id])
        for new in submissions
    ]


async def _known(connection: Connection, submissions: Sequence[Submission]) -> dict[str, Any]:
    """For each submission the row that stands in its way: itself first, then its key, then its external id."""
    rows = await connection.fetch(
        _KNOWN,
        [new.tenant for new in submissions],
        [new.id for new in submissions],
        [new.key_hash for new in submissions],
        [new.channel for new in submissions],
        [new.external_id for new in submissions],
    )
    first: dict[str, Any] = {}
    for row in rows:
        first.setdefault(submissions[row["place"] - 1].id, row)
    return first


def _expired(new: Submission, row: Any) -> bool:
    return bool(row["by_key"] and not row["same"] and new.received_at - row["received_at"] >= KEY_KEPT)


def _of_known(new: Submission, row: Any) -> Receipt | DomainError:
    known = replace(new, id=IntakeId(str(row["id"])), body_hash=row["body_hash"], body=row["body"])
    if same_request(new, known, by_key=bool(row["by_key"])):
        return Receipt(id=IntakeId(str(row["id"])), order_id=OrderId(str(row["order_id"])))
    if row["by_key"]:
        return KeyReused("this Idempotency-Key was used for another body")
    detail = (
        f"the external id '{new.external_id}' of channel '{new.channel}' is order {row['order_id']}, with another body"
    )
    return ExternalIdReused(detail, path="$.external_id")


class PostgresIntakeView:
    """See ports.intake.IntakeView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def progress(self, tenant: TenantId, intake: IntakeId) -> IntakeProgress | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(_PROGRESS, tenant, intake)
        return None if row is None else _to_progress(intake, row)

    async def lanes(self, tenant: TenantId) -> LanePolicy:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            body = await connection.fetchval(
                "SELECT body FROM setting WHERE tenant_id = $1 AND name = 'policy:lanes'", tenant
            )
        return decode(LanePolicy, body) if body else LanePolicy(channels={}, customers={})


def _to_progress(intake: IntakeId, row: Any) -> IntakeProgress:
    status, progress = _status(row)
    reasons: Sequence[Mapping[str, str | None]] = decode(list[dict[str, str | None]], row["reasons"] or b"[]")
    failed = status is IntakeStatus.FAILED
    return IntakeProgress(
        id=intake,
        order_id=OrderId(str(row["order_id"])),
        status=status,
        progress=progress,
        received_at=row["received_at"],
        decided_at=row["accepted_at"] or row["rejected_at"] or row["held_at"] or row["failed_at"],
        vendor=row["vendor"],
        error=f"{row['error_code']}: {row['error_detail']}" if failed else None,
        reasons=reasons,
    )


def _status(row: Any) -> tuple[IntakeStatus, int]:
    """Status and percent (SPEC ORD-06: 50 is risk, 100 done)."""
    if row["accepted_at"]:
        return IntakeStatus.COMPLETED, 100
    if row["rejected_at"]:
        return IntakeStatus.REJECTED, 100
    if row["error_code"]:
        return IntakeStatus.FAILED, 100
    if row["held_at"]:
        return IntakeStatus.NEEDS_REVIEW, 50
    if row["attempts"] is not None:
        return IntakeStatus.PROCESSING, 10
    return IntakeStatus.PENDING, 0
