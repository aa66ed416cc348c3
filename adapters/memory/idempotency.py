"""Answers given before, kept for 24 hours."""

from datetime import timedelta

from adapters.memory.session import Session
from adapters.memory.tables import ANSWERS, AnswerRow
from core.intake.submission import KeyInUse, KeyReused
from core.kernel.context import Context
from ports.idempotency import Answer

KEPT = timedelta(hours=24)


class MemoryAnswers:
    """See ports.idempotency.Answers."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context
        self._claimed: dict[bytes, bytes] = {}

    async def claim(self, key: bytes, fingerprint: bytes) -> Answer | None:
        """See the port."""
        await self._session.statement()
        tenant = self._context.tenant
        if not self._session.try_lock(("answer", tenant, key)):
            raise KeyInUse("a request with this Idempotency-Key is still running")
        row = self._session.get(ANSWERS, (tenant, key))
        if row is None or self._context.now - row.created_at >= KEPT:
            self._claimed[key] = fingerprint
            return None
        if row.fingerprint != fingerprint:
            raise KeyReused("this Idempotency-Key was used for another request")
        return Answer(status=row.status, body=row.body)

    async def keep(self, key: bytes, answer: Answer) -> None:
        """See the port."""
        await self._session.statement()
        row = AnswerRow(
            fingerprint=self._claimed[key], status=answer.status, body=answer.body, created_at=self._context.now
        )
        await self._session.put(ANSWERS, (self._context.tenant, key), row)
