"""Submissions waiting to be decided: claimed by shard, deleted in the very transaction that decides them."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from core.acceptance.facts import Requested
from core.intake.submission import Lane
from core.kernel.context import Context
from core.kernel.value import value

View = TypeVar("View", covariant=True)


class Claimed(Protocol[View]):
    """A batch of submissions and the transaction they were claimed in, which sees exactly their tenants."""

    @property
    def batch(self) -> Sequence[Requested]: ...

    @property
    def context(self) -> Context: ...

    @property
    def transaction(self) -> View: ...


class Work(Protocol[View]):
    """The waiting submissions."""

    def claim(
        self, shards: Sequence[int], lanes: Sequence[Lane], limit: int, context: Context
    ) -> AbstractAsyncContextManager[Claimed[View]]:
        """Claim up to ``limit`` submissions, lanes in the order given, each lane oldest first.

        Of ``shards`` only those nobody else is working on are claimed from; they stay taken until the transaction
        ends. Who claims again and again turns ``shards`` by one each time, so that each comes first in its turn: a
        storage may prepare for the next claim on that. Leaving commits; an exception, or a crash, gives every
        submission back. Raises as Transactions.begin.
        """
        ...


@value
class Membership:
    """Which of the live workers this one is: ``index`` of ``count``, from 0.

    ``crashes``: how often a worker of this name has fallen silent without leaving since one of them last was well.
    """

    index: int
    count: int
    crashes: int


class Workers(Protocol):
    """Who is alive, so that shards are shared out; being wrong about it costs time, never correctness."""

    async def join(self, worker: str) -> Membership:
        """``worker`` begins; one crash more when its predecessor of the same name never left."""
        ...

    async def beat(self, worker: str, *, well: bool = False) -> Membership:
        """Say that ``worker`` lives, due at least every few seconds; ``well`` forgets its predecessors' crashes."""
        ...

    async def leave(self, worker: str) -> None:
        """``worker`` ends on purpose."""
        ...
