"""Sources, their notices, and what was last said of each subject."""

from collections.abc import Sequence
from typing import Protocol

from core.ingress.notice import Notice, NoticeState, Subject
from core.ingress.source import Source
from core.kernel.ids import NoticeId, SourceId, TenantId
from ports.journal import Journal
from ports.queue import Queue


class Sources(Protocol):
    """The tenant's sources, part of a transaction."""

    async def number(self) -> int:
        """How many there are."""
        ...

    async def held(self, source: SourceId) -> Source | None:
        """The source, which nobody else changes until the transaction ends, or None."""
        ...

    async def add(self, source: Source) -> None:
        """Keep a new source."""
        ...

    async def save(self, source: Source) -> None:
        """Keep a source that is held."""
        ...

    async def remove(self, source: SourceId) -> None:
        """Forget a source that is held; its notices stay until their time is over."""
        ...


class Notices(Protocol):
    """The tenant's notices, part of a transaction."""

    async def add(self, notice: Notice) -> bool:
        """Keep it; False, with nothing kept: its source has one with this identity."""
        ...

    async def find(self, notice: NoticeId) -> Notice | None:
        """The notice as it is, or None."""
        ...

    async def save(self, notice: Notice) -> None:
        """Keep how it ended."""
        ...

    async def held_subject(self, new: Subject) -> Subject:
        """The subject of this id as it is, or ``new``, which nobody else changes until the transaction ends."""
        ...

    async def save_subject(self, subject: Subject) -> None:
        """Keep a subject that is held."""
        ...


class IngressTransaction(Protocol):
    """What ingress may touch."""

    @property
    def sources(self) -> Sources: ...

    @property
    def notices(self) -> Notices: ...

    @property
    def queue(self) -> Queue: ...

    @property
    def journal(self) -> Journal: ...


class IngressView(Protocol):
    """Looking at sources and what they said."""

    async def sources(self, tenant: TenantId) -> Sequence[Source]:
        """The tenant's, oldest first."""
        ...

    async def source(self, tenant: TenantId, source: SourceId) -> Source | None:
        """One of the tenant's, or None."""
        ...

    async def notices(
        self, tenant: TenantId, source: SourceId, *, state: NoticeState | None, before: str, limit: int
    ) -> Sequence[Notice]:
        """Notices of one source with ids below ``before`` ("": all), newest first, without their bodies."""
        ...

    async def notice(self, tenant: TenantId, notice: NoticeId) -> Notice | None:
        """One of the tenant's notices, or None."""
        ...
