"""A notice: what a source told us once, and whether it is news."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.ingress.scheme import SchemeName
from core.kernel.ids import JobId, NoticeId, SourceId, TenantId, derived_id
from core.kernel.job import LeasedJob, NewJob
from core.kernel.value import value

INBOUND = "inbound"
"""The queue of notices nobody has looked into yet; a job's id is its notice's."""
AHEAD = timedelta(days=1)
"""By how much the clock of a source may be ahead of ours."""


class NoticeState(StrEnum):
    """Where a notice stands; all but RECEIVED are ends."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    STALE = "stale"
    REPEATED = "repeated"
    FAILED = "failed"


class Finding(StrEnum):
    """What looking into a notice can bring up."""

    NEWS = "news"
    OLDER = "older than what is known"
    KNOWN = "known already"
    UNREADABLE = "unreadable"


NEXT: Mapping[tuple[NoticeState, Finding], NoticeState] = {
    (NoticeState.RECEIVED, Finding.NEWS): NoticeState.ACCEPTED,
    (NoticeState.RECEIVED, Finding.OLDER): NoticeState.STALE,
    (NoticeState.RECEIVED, Finding.KNOWN): NoticeState.REPEATED,
    (NoticeState.RECEIVED, Finding.UNREADABLE): NoticeState.FAILED,
}


@value
class Notice:
    """As it came: ``identity`` tells it from the source's others, ``body`` is what was signed, as ``scheme`` has it.

    ``sent_at`` is what the source says of that, never later than it came.
    """

    id: NoticeId
    tenant: TenantId
    source: SourceId
    scheme: SchemeName
    identity: str
    topic: str
    body: bytes
    correlation: str
    sent_at: datetime
    received_at: datetime
    state: NoticeState = NoticeState.RECEIVED
    detail: str = ""


@value
class Reading:
    """What a body says: of which ``subject`` (None: of none), and since when that is so (None: it does not say).

    ``digest`` stands for topic and body.
    """

    subject: str | None
    changed_at: datetime | None
    digest: bytes


Read = Callable[[SchemeName, str, bytes], Reading]
"""(scheme, topic, body) -> what it says. Raises ValueError, saying what is wrong, for a body that says nothing."""


@value
class Subject:
    """The last that was accepted of a subject; ``told`` counts how often something was. ``id`` is its stream."""

    id: str
    source: SourceId
    name: str
    told: int = 0
    changed_at: datetime | None = None
    digest: bytes = b""
    notice: NoticeId | None = None


@value
class TakeNotice:
    """Keep what ``source`` was proven to have said, unless it is kept already."""

    source: SourceId
    scheme: SchemeName
    identity: str
    topic: str
    body: bytes
    sent_at: datetime


@value
class ProcessNotice:
    """Look into the notice of ``job``."""

    job: LeasedJob


@value
class NoticeAccepted:
    """``source_id`` told something new of ``subject`` (None: of nothing in particular): the body is the notice's."""

    notice_id: NoticeId
    source_id: SourceId
    topic: str
    subject: str | None
    changed_at: datetime | None


def notice_of(command: TakeNotice, notice: NoticeId, tenant: TenantId, correlation: str, now: datetime) -> Notice:
    """The notice to keep."""
    return Notice(
        id=notice,
        tenant=tenant,
        source=command.source,
        scheme=command.scheme,
        identity=command.identity,
        topic=command.topic,
        body=command.body,
        correlation=correlation,
        sent_at=command.sent_at,
        received_at=now,
    )


def job_of(notice: Notice) -> NewJob:
    """What waits until somebody looks into it."""
    return NewJob(
        id=JobId(notice.id),
        tenant=notice.tenant,
        queue=INBOUND,
        payload=notice.id.encode(),
        correlation=notice.correlation,
    )


def subject_of(source: SourceId, name: str) -> Subject:
    """A subject nothing was accepted of yet."""
    return Subject(id=derived_id(source, f"{source}:{name}"), source=source, name=name)


def found(subject: Subject, reading: Reading) -> Finding:
    """Whether ``reading``, which has a time, is news of ``subject``.

    Of two that are from the same moment and differ, the one that comes later wins: nobody can tell.
    """
    if subject.told and reading.digest == subject.digest:
        return Finding.KNOWN
    assert reading.changed_at is not None, "it was dated"
    if subject.changed_at is not None and reading.changed_at < subject.changed_at:
        return Finding.OLDER
    return Finding.NEWS


def told(subject: Subject, reading: Reading, notice: NoticeId) -> Subject:
    """The subject after ``reading`` was accepted."""
    return replace(subject, told=subject.told + 1, changed_at=reading.changed_at, digest=reading.digest, notice=notice)


def dated(reading: Reading, notice: Notice) -> Reading:
    """With the time the notice was sent, where its body has none, or one that is yet to come.

    A time to come would make everything stale that is said until then.
    """
    if reading.changed_at is None or reading.changed_at > notice.received_at + AHEAD:
        return replace(reading, changed_at=notice.sent_at)
    return reading


def ended(notice: Notice, finding: Finding, detail: str = "") -> Notice:
    """The notice after somebody looked into it."""
    return replace(notice, state=NEXT[notice.state, finding], detail=detail or finding.value)
