"""Sources of notices, the notices, and what was last said of each subject."""

from collections.abc import Sequence
from dataclasses import replace

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import NOTICE_IDENTITIES, NOTICES, SOURCES, SUBJECTS
from core.ingress.notice import Notice, NoticeState, Subject
from core.ingress.source import Source
from core.kernel.context import Context
from core.kernel.ids import NoticeId, SourceId, TenantId


class MemorySources:
    """See ports.ingress.Sources."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def number(self) -> int:
        """See the port."""
        await self._session.statement()
        return sum(1 for _ in self._session.scan(SOURCES))

    async def held(self, source: SourceId) -> Source | None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, source)
        if self._session.get(SOURCES, key) is None:
            return None
        await self._session.lock(SOURCES, key)
        return self._session.get(SOURCES, key)

    async def add(self, source: Source) -> None:
        """See the port."""
        await self.save(source)

    async def save(self, source: Source) -> None:
        """See the port."""
        await self._session.statement()
        await self._session.put(SOURCES, (source.tenant, source.id), source)

    async def remove(self, source: SourceId) -> None:
        """See the port."""
        await self._session.statement()
        await self._session.delete(SOURCES, (self._context.tenant, source))


class MemoryNotices:
    """See ports.ingress.Notices."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def add(self, notice: Notice) -> bool:
        """See the port."""
        await self._session.statement()
        identity = (notice.tenant, notice.source, notice.identity)
        if not await self._session.insert(NOTICE_IDENTITIES, identity, True):
            return False
        await self._session.put(NOTICES, (notice.tenant, notice.id), notice)
        return True

    async def find(self, notice: NoticeId) -> Notice | None:
        """See the port."""
        await self._session.statement()
        return self._session.get(NOTICES, (self._context.tenant, notice))

    async def save(self, notice: Notice) -> None:
        """See the port."""
        await self._session.statement()
        await self._session.put(NOTICES, (notice.tenant, notice.id), notice)

    async def held_subject(self, new: Subject) -> Subject:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, new.id)
        await self._session.insert(SUBJECTS, key, new)
        await self._session.lock(SUBJECTS, key)
        return self._session.get(SUBJECTS, key) or new

    async def save_subject(self, subject: Subject) -> None:
        """See the port."""
        await self._session.statement()
        await self._session.put(SUBJECTS, (self._context.tenant, subject.id), subject)


class MemoryIngressView:
    """See ports.ingress.IngressView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def sources(self, tenant: TenantId) -> Sequence[Source]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return sorted((one for _, one in session.scan(SOURCES)), key=lambda one: one.id)

    async def source(self, tenant: TenantId, source: SourceId) -> Source | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return session.get(SOURCES, (tenant, source))

    async def notices(
        self, tenant: TenantId, source: SourceId, *, state: NoticeState | None, before: str, limit: int
    ) -> Sequence[Notice]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = [one for _, one in session.scan(NOTICES) if one.source == source and state in (None, one.state)]
        older = [one for one in found if not before or one.id < before]
        newest = sorted(older, key=lambda one: one.id, reverse=True)[:limit]
        return [replace(one, body=b"") for one in newest]

    async def notice(self, tenant: TenantId, notice: NoticeId) -> Notice | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return session.get(NOTICES, (tenant, notice))
