"""Something to do later: as it is handed in, as one worker holds it, as it is given up."""

from datetime import datetime

from core.kernel.ids import JobId, TenantId
from core.kernel.value import value


class LeaseLost(Exception):
    """The lease ran out and the job belongs to somebody else now, or is finished: nothing may be written for it."""


@value
class NewJob:
    """Something to do later. ``payload`` is bytes the queue does not read; ``delay_seconds`` None parks it.

    Jobs of a queue and a tenant with one ``key`` are done in the order of their ``place``: while one waits, is leased,
    parked, or dead and not forgiven, none behind it is leased.
    """

    id: JobId
    tenant: TenantId
    queue: str
    payload: bytes
    correlation: str
    delay_seconds: float | None = 0.0
    max_attempts: int = 5
    key: str | None = None
    place: int = 0


@value
class LeasedJob:
    """A job one worker holds until its lease ends. ``fence`` grows with each lease; ``attempt`` counts from 1.

    Of the attempts before this one ``failures`` came to an end; the others were lost with whoever made them.
    """

    id: JobId
    tenant: TenantId
    queue: str
    payload: bytes
    correlation: str
    attempt: int
    max_attempts: int
    fence: int
    failures: int = 0


@value
class DeadLetter:
    """A job that will not be tried again by itself (SPEC QUE-05)."""

    id: JobId
    tenant: TenantId
    queue: str
    payload: bytes
    correlation: str
    attempts: int
    error_code: str
    error_detail: str
    trace: str
    failed_at: datetime


@value
class FindHeldUp:
    """Which of ``keys``, each a tenant and a key of jobs in ``queue``, are held up by a job that is not done?"""

    queue: str
    keys: frozenset[tuple[TenantId, str]]


@value
class SetAside:
    """Keep each of ``jobs`` to be done by itself: it is about what broke its batch, or waits for one that did."""

    jobs: tuple[NewJob, ...]


@value
class FinishJob:
    """``job`` is done; what it did was written before."""

    job: LeasedJob


@value
class RetryJob:
    """Give ``job`` back, to be due after ``delay_seconds``; unless ``counted``, as if it had not been attempted."""

    job: LeasedJob
    delay_seconds: float
    detail: str
    counted: bool = True


@value
class BuryJob:
    """Give ``job`` up, with its cause."""

    job: LeasedJob
    code: str
    detail: str
    trace: str
