"""Looking at sources of notices and what they said."""

from collections.abc import Sequence

from adapters.postgres.engine import Database
from adapters.postgres.ingress import FIND_NOTICE, FIND_SOURCE, NOTICE, SOURCE, to_notice, to_source
from core.ingress.notice import Notice, NoticeState
from core.ingress.source import Source
from core.kernel.ids import NoticeId, SourceId, TenantId

_LISTED = NOTICE.replace(" body,", " ''::bytea AS body,")
"""A page of notices shows no bodies, and each may have megabytes."""
_NEWEST = f"""
SELECT {_LISTED} FROM notice
WHERE tenant_id = $1 AND source_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4
"""
_NEWEST_IN_STATE = f"""
SELECT {_LISTED} FROM notice
WHERE tenant_id = $1 AND source_id = $2 AND state = $5 AND id < $3 ORDER BY id DESC LIMIT $4
"""
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_SOURCES = f"SELECT {SOURCE} FROM webhook_source WHERE tenant_id = $1 ORDER BY id"


class PostgresIngressView:
    """See ports.ingress.IngressView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sources(self, tenant: TenantId) -> Sequence[Source]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            return [to_source(row) for row in await connection.fetch(_SOURCES, tenant)]

    async def source(self, tenant: TenantId, source: SourceId) -> Source | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(FIND_SOURCE, tenant, source)
        return None if row is None else to_source(row)

    async def notices(
        self, tenant: TenantId, source: SourceId, *, state: NoticeState | None, before: str, limit: int
    ) -> Sequence[Notice]:
        """See the port."""
        query, others = (_NEWEST, ()) if state is None else (_NEWEST_IN_STATE, (state,))
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(query, tenant, source, before or _LAST_ID, limit, *others)
        return [to_notice(row) for row in rows]

    async def notice(self, tenant: TenantId, notice: NoticeId) -> Notice | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(FIND_NOTICE, tenant, notice)
        return None if row is None else to_notice(row)
