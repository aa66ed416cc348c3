"""Sources of notices, the notices, and what was last said of each subject."""

from typing import Any

from adapters.postgres.engine import Connection
from core.ingress.notice import Notice, NoticeState, Subject
from core.ingress.scheme import SchemeName
from core.ingress.source import Source
from core.kernel.context import Context
from core.kernel.ids import NoticeId, SourceId, TenantId

SOURCE = "tenant_id, id, scheme, name, secret, created_at, old_secret, old_until, version"
_NUMBER = "SELECT count(*) FROM webhook_source WHERE tenant_id = $1"
FIND_SOURCE = f"SELECT {SOURCE} FROM webhook_source WHERE tenant_id = $1 AND id = $2"
_HOLD_SOURCE = f"{FIND_SOURCE} FOR UPDATE"
_ADD_SOURCE = f"INSERT INTO webhook_source ({SOURCE}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_SAVE_SOURCE = """
UPDATE webhook_source SET secret = $3, old_secret = $4, old_until = $5, version = $6 WHERE tenant_id = $1 AND id = $2
"""
_REMOVE_SOURCE = "DELETE FROM webhook_source WHERE tenant_id = $1 AND id = $2"

NOTICE = "tenant_id, id, source_id, scheme, identity, topic, body, correlation, sent_at, received_at, state, detail"
_ADD_NOTICE = f"""
INSERT INTO notice ({NOTICE}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING
"""
FIND_NOTICE = f"SELECT {NOTICE} FROM notice WHERE tenant_id = $1 AND id = $2"
_SAVE_NOTICE = "UPDATE notice SET state = $3, detail = $4 WHERE tenant_id = $1 AND id = $2"


_SUBJECT = "id, source_id, name, told, changed_at, digest, notice_id"
_NEW_SUBJECT = f"""
INSERT INTO notice_subject (tenant_id, {_SUBJECT}) VALUES ($1, $2, $3, $4, 0, NULL, '', NULL) ON CONFLICT DO NOTHING
"""
_HOLD_SUBJECT = f"SELECT {_SUBJECT} FROM notice_subject WHERE tenant_id = $1 AND id = $2 FOR UPDATE"
_SAVE_SUBJECT = """
UPDATE notice_subject SET told = $3, changed_at = $4, digest = $5, notice_id = $6 WHERE tenant_id = $1 AND id = $2
"""


class PostgresSources:
    """See ports.ingress.Sources."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def number(self) -> int:
        """See the port."""
        number: int = await self._connection.fetchval(_NUMBER, self._context.tenant)
        return number

    async def held(self, source: SourceId) -> Source | None:
        """See the port."""
        row = await self._connection.fetchrow(_HOLD_SOURCE, self._context.tenant, source)
        return None if row is None else to_source(row)

    async def add(self, source: Source) -> None:
        """See the port."""
        await self._connection.execute(
            _ADD_SOURCE,
            source.tenant,
            source.id,
            source.scheme,
            source.name,
            source.secret,
            source.created_at,
            source.old_secret,
            source.old_until,
            source.version,
        )

    async def save(self, source: Source) -> None:
        """See the port."""
        await self._connection.execute(
            _SAVE_SOURCE, source.tenant, source.id, source.secret, source.old_secret, source.old_until, source.version
        )

    async def remove(self, source: SourceId) -> None:
        """See the port."""
        await self._connection.execute(_REMOVE_SOURCE, self._context.tenant, source)


class PostgresNotices:
    """See ports.ingress.Notices."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def add(self, notice: Notice) -> bool:
        """See the port."""
        tag = await self._connection.execute(
            _ADD_NOTICE,
            notice.tenant,
            notice.id,
            notice.source,
            notice.scheme,
            notice.identity,
            notice.topic,
            notice.body,
            notice.correlation,
            notice.sent_at,
            notice.received_at,
            notice.state,
            notice.detail,
        )
        return bool(tag == "INSERT 0 1")

    async def find(self, notice: NoticeId) -> Notice | None:
        """See the port."""
        row = await self._connection.fetchrow(FIND_NOTICE, self._context.tenant, notice)
        return None if row is None else to_notice(row)

    async def save(self, notice: Notice) -> None:
        """See the port."""
        await self._connection.execute(_SAVE_NOTICE, notice.tenant, notice.id, notice.state, notice.detail)

    async def held_subject(self, new: Subject) -> Subject:
        """See the port."""
        tenant = self._context.tenant
        row = await self._connection.fetchrow(_HOLD_SUBJECT, tenant, new.id)
        if row is None:
            await self._connection.execute(_NEW_SUBJECT, tenant, new.id, new.source, new.name)
            row = await self._connection.fetchrow(_HOLD_SUBJECT, tenant, new.id)
        return _to_subject(row)

    async def save_subject(self, subject: Subject) -> None:
        """See the port."""
        await self._connection.execute(
            _SAVE_SUBJECT,
            self._context.tenant,
            subject.id,
            subject.told,
            subject.changed_at,
            subject.digest,
            subject.notice,
        )


def to_source(row: Any) -> Source:
    """The source of a row."""
    return Source(
        id=SourceId(str(row["id"])),
        tenant=TenantId(str(row["tenant_id"])),
        scheme=SchemeName(row["scheme"]),
        name=row["name"],
        secret=row["secret"],
        created_at=row["created_at"],
        old_secret=row["old_secret"],
        old_until=row["old_until"],
        version=row["version"],
    )


def to_notice(row: Any) -> Notice:
    """The notice of a row."""
    return Notice(
        id=NoticeId(str(row["id"])),
        tenant=TenantId(str(row["tenant_id"])),
        source=SourceId(str(row["source_id"])),
        scheme=SchemeName(row["scheme"]),
        identity=row["identity"],
        topic=row["topic"],
        body=row["body"],
        correlation=row["correlation"],
        sent_at=row["sent_at"],
        received_at=row["received_at"],
        state=NoticeState(row["state"]),
        detail=row["detail"],
    )


def _to_subject(row: Any) -> Subject:
    return Subject(
        id=str(row["id"]),
        source=SourceId(str(row["source_id"])),
        name=row["name"],
        told=row["told"],
        changed_at=row["changed_at"],
        digest=row["digest"],
        notice=None if row["notice_id"] is None else NoticeId(str(row["notice_id"])),
    )
