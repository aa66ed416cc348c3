"""Taking submissions in, and how far each has come."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from adapters.memory.configuration import policies_of
from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import DEAD, INTAKE, INTAKE_EXTERNAL, INTAKE_JOBS, INTAKE_KEYS, JOBS, ORDERS
from adapters.toolkit.submitting import submission_of
from core.intake.submission import (
    ExternalIdReused,
    IntakeStatus,
    KeyReused,
    LanePolicy,
    OrderRequest,
    Receipt,
    Submission,
    same_request,
)
from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.kernel.ids import IntakeId, OrderId, TenantId
from core.orders.order import Order, Reason
from core.tenants.tenant import shard_of
from ports.intake import IntakeProgress

KEY_KEPT = timedelta(hours=24)


class MemoryIntakeLog:
    """See ports.intake.IntakeLog."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def append(self, submissions: Sequence[Submission]) -> Sequence[Receipt | DomainError]:
        """See the port."""
        tenants = {submission.tenant for submission in submissions}
        async with self._database.begin(tenants) as session:
            await session.statement()
            return [await _take_in(session, new) for new in submissions]


async def _take_in(session: Session, new: Submission) -> Receipt | DomainError:
    known = await _in_the_way(session, new)
    if known is not None and _expired(new, known):
        await _forget_key(session, known)
        known = await _in_the_way(session, new)
    if known is not None:
        return _of_known(new, known)
    await session.put(INTAKE, (new.tenant, new.id), new)
    if new.key_hash is not None:
        await session.put(INTAKE_KEYS, (new.tenant, new.key_hash), new.id)
    if new.external_id is not None:
        await session.put(INTAKE_EXTERNAL, (new.tenant, new.channel, new.external_id), new.id)
    await session.put(INTAKE_JOBS, (new.tenant, new.id), (shard_of(new.tenant), new.lane))
    return Receipt(id=new.id, order_id=new.order_id)


async def _in_the_way(session: Session, new: Submission) -> Submission | None:
    """What already stands where ``new`` would: itself, its key, its external id. All three are held from here on."""
    await session.lock(INTAKE, (new.tenant, new.id))
    found = session.get(INTAKE, (new.tenant, new.id))
    for table, key in ((INTAKE_KEYS, (new.key_hash,)), (INTAKE_EXTERNAL, (new.channel, new.external_id))):
        if found is None and key[-1] is not None:
            await session.lock(table, (new.tenant, *key))
            known = session.get(table, (new.tenant, *key))
            found = session.get(INTAKE, (new.tenant, known)) if known else None
    return found


async def _forget_key(session: Session, known: Submission) -> None:
    await session.put(INTAKE, (known.tenant, known.id), replace(known, key_hash=None))
    await session.delete(INTAKE_KEYS, (known.tenant, known.key_hash))


def _same_key(new: Submission, known: Submission) -> bool:
    return known.key_hash is not None and known.key_hash == new.key_hash


def _expired(new: Submission, known: Submission) -> bool:
    return known.id != new.id and _same_key(new, known) and new.received_at - known.received_at >= KEY_KEPT


def _of_known(new: Submission, known: Submission) -> Receipt | DomainError:
    if same_request(new, known, by_key=_same_key(new, known)):
        return Receipt(id=known.id, order_id=known.order_id)
    if _same_key(new, known):
        return KeyReused("this Idempotency-Key was used for another body")
    detail = (
        f"the external id '{new.external_id}' of channel '{new.channel}' is order {known.order_id}, with another body"
    )
    return ExternalIdReused(detail, path="$.external_id")


class MemorySubmissions:
    """See ports.intake.Submissions."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def submit(self, job: IntakeId, order: OrderId, request: OrderRequest, *, exchange_of: OrderId) -> None:
        """See the port."""
        await self._session.statement()
        await _take_in(self._session, submission_of(self._context, job, order, request, exchange_of))


class MemoryIntakeView:
    """See ports.intake.IntakeView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def progress(self, tenant: TenantId, intake: IntakeId) -> IntakeProgress | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            kept = session.get(INTAKE, (tenant, intake))
            return None if kept is None else _progress(session, kept)

    async def lanes(self, tenant: TenantId) -> LanePolicy:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return policies_of(session, [tenant])[tenant].lanes


def _progress(session: Session, kept: Submission) -> IntakeProgress:
    order = session.get(ORDERS, (kept.tenant, kept.order_id))
    letter = session.get(DEAD, (kept.tenant, kept.id))
    if order is not None and order.held_at is None:
        status, percent = (
            (IntakeStatus.COMPLETED, 100) if order.accepted_at is not None else (IntakeStatus.REJECTED, 100)
        )
    elif letter is not None:
        status, percent = IntakeStatus.FAILED, 100
    elif order is not None:
        status, percent = IntakeStatus.NEEDS_REVIEW, 50
    elif session.get(JOBS, (kept.tenant, kept.id)) is not None:
        status, percent = IntakeStatus.PROCESSING, 10
    else:
        status, percent = IntakeStatus.PENDING, 0
    decided = (order.accepted_at or order.rejected_at or order.held_at) if order else None
    return IntakeProgress(
        id=kept.id,
        order_id=kept.order_id,
        status=status,
        progress=percent,
        received_at=kept.received_at,
        decided_at=decided or (letter.failed_at if letter else None),
        vendor=order.vendor if order else None,
        error=f"{letter.code}: {letter.detail}" if letter and status is IntakeStatus.FAILED else None,
        reasons=_reasons(order),
    )


def _reasons(order: Order | None) -> Sequence[Mapping[str, str | None]]:
    return [_reason(reason) for reason in order.reasons] if order else []


def _reason(reason: Reason) -> dict[str, str | None]:
    return {"code": reason.code, "detail": reason.detail, "path": reason.path}
