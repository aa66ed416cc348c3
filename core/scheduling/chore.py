"""When a chore is due, and its firing."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from core.kernel.ids import JobId, TenantId, derived_id
from core.kernel.value import value

CHORES = "chores"
"""The queue of fired chores; a job's payload is the chore's name."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Rhythm(Protocol):
    """The moments at which something is due."""

    def last(self, now: datetime) -> datetime:
        """The last of them, ``now`` (aware) included, in UTC."""
        ...


@value
class Every:
    """Each ``seconds`` (> 0), counted from 1970: the same moments for every process."""

    seconds: int

    def last(self, now: datetime) -> datetime:
        """See Rhythm."""
        beat = timedelta(seconds=self.seconds)
        return _EPOCH + (now - _EPOCH) // beat * beat


@value
class FireChore:
    """Let ``chore`` be done for the moment it is ``due`` at."""

    chore: str
    due: datetime


def job_id(tenant: TenantId, chore: str) -> JobId:
    """The one job a chore of ``tenant`` has: fired again while it waits, it is not put twice."""
    return JobId(derived_id(tenant, f"{tenant}:chore:{chore}"))
