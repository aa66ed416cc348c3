"""Answers given before, kept for 24 hours."""

from datetime import timedelta

from adapters.postgres.engine import Connection
from core.intake.submission import KeyInUse, KeyReused
from core.kernel.context import Context
from ports.idempotency import Answer

KEPT = timedelta(hours=24)
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1 || encode($2, 'hex'), 0))"
_FIND = "SELECT fingerprint, status, body, created_at FROM answer WHERE tenant_id = $1 AND key = $2"
_KEEP = """
INSERT INTO answer (tenant_id, key, fingerprint, status, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, key) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, status = EXCLUDED.status,
    body = EXCLUDED.body, created_at = EXCLUDED.created_at
"""


class PostgresAnswers:
    """See ports.idempotency.Answers. A running key is an advisory lock: it ends with its transaction, crash or not."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context
        self._claimed: dict[bytes, bytes] = {}

    async def claim(self, key: bytes, fingerprint: bytes) -> Answer | None:
        """See the port."""
        tenant = self._context.tenant
        if not await self._connection.fetchval(_LOCK, tenant, key):
            raise KeyInUse("a request with this Idempotency-Key is still running")
        row = await self._connection.fetchrow(_FIND, tenant, key)
        if row is None or self._context.now - row["created_at"] >= KEPT:
            self._claimed[key] = fingerprint
            return None
        if row["fingerprint"] != fingerprint:
            raise KeyReused("this Idempotency-Key was used for another request")
        return Answer(status=row["status"], body=row["body"])

    async def keep(self, key: bytes, answer: Answer) -> None:
        """See the port."""
        await self._connection.execute(
            _KEEP, self._context.tenant, key, self._claimed[key], answer.status, answer.body, self._context.now
        )
