"""Jobs that wait, retry or park. At least once, by lease; never decided by a process's own clock."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from core.kernel.ids import JobId, TenantId
from core.kernel.job import DeadLetter, LeasedJob, NewJob
from core.kernel.value import value


@value
class Depth:
    """How many jobs a queue holds, by what they wait for."""

    ready: int = 0
    leased: int = 0
    delayed: int = 0
    parked: int = 0
    dead: int = 0


class Queue(Protocol):
    """The writing side, part of a transaction. Holding and the three endings raise LeaseLost unless the lease holds."""

    async def put(self, jobs: Sequence[NewJob]) -> None:
        """Add jobs; one whose id is already there, alive or dead, is not added again."""
        ...

    async def held_up(self, queue: str, keys: Collection[tuple[TenantId, str]]) -> Collection[tuple[TenantId, str]]:
        """Those of ``keys`` of which the queue has a job: waiting, leased, parked, or dead and not forgiven."""
        ...

    async def hold(self, job: LeasedJob) -> None:
        """Nobody else takes the job or ends it until the transaction ends."""
        ...

    async def finish(self, job: LeasedJob) -> None:
        """The job is done."""
        ...

    async def retry(self, job: LeasedJob, delay_seconds: float | None, detail: str, *, counted: bool = True) -> None:
        """Try again after ``delay_seconds``; None parks the job until somebody replays it.

        Unless ``counted`` the attempt was none: it came to nothing through no fault of the job's.
        """
        ...

    async def bury(self, job: LeasedJob, code: str, detail: str, trace: str) -> None:
        """To the dead letters, with its payload, attempts and cause."""
        ...


class Withdrawals(Protocol):
    """Thinking better of a job, part of a transaction."""

    async def withdraw(self, job: JobId) -> bool:
        """Take the job away, waiting or leased: whoever has it finds his lease lost. False: there is none."""
        ...


class JobSource(Protocol):
    """The claiming side, outside any transaction of the work itself."""

    async def lease(self, queue: str, limit: int, seconds: float) -> Sequence[LeasedJob]:
        """Take up to ``limit`` due jobs for ``seconds``, of each key the first.

        The attempt is counted, durably, before this returns.
        """
        ...

    async def keep(self, job: LeasedJob, seconds: float) -> bool:
        """Hold ``job`` for ``seconds`` from now instead of what is left of its lease; False: it has ended."""
        ...


class QueueView(Protocol):
    """For operators."""

    async def depth(self, tenants: Sequence[TenantId] | None = None) -> Mapping[str, Depth]:
        """Each queue by name, over the given tenants or all."""
        ...

    async def dead(self, tenant: TenantId, *, after: str, limit: int) -> Sequence[DeadLetter]:
        """The tenant's dead letters by id, after ``after``."""
        ...


class DeadLetters(Protocol):
    """Second thoughts, part of a transaction."""

    async def replay(self, job: JobId) -> bool:
        """Make a dead letter or a parked job due again with its attempts counted anew; False: there is none."""
        ...

    async def forgive(self, job: JobId) -> bool:
        """Give a dead letter up for good: it is kept, and waits for nobody any more; False: there is none."""
        ...


class DeadLettersTransaction(Protocol):
    """What second thoughts may touch."""

    @property
    def dead_letters(self) -> DeadLetters: ...
