"""Everything acceptance needs and leaves behind, each in a handful of set-based calls."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from core.acceptance.facts import Facts, Outcome, Requested
from core.acceptance.policies import Policy
from core.kernel.ids import IntakeId, TenantId
from ports.inventory import InventoryTransaction
from ports.journal import Journal
from ports.queue import Queue

Save = Callable[[Sequence[Outcome]], Awaitable[None]]


class Acceptance(Protocol):
    """The acceptance of a batch, part of a transaction that may span tenants."""

    async def submissions(self, ids: Sequence[IntakeId]) -> Sequence[Requested]:
        """The submissions with these ids, bodies read, in the order asked for; one that is gone is left out."""
        ...

    async def undecided(self, ids: Sequence[IntakeId]) -> Sequence[IntakeId]:
        """Those of ``ids`` that have no decided order yet: a held order is not decided."""
        ...

    async def gather(self, batch: Sequence[Requested]) -> Facts:
        """The facts the batch's decisions depend on; what they may change is held until the transaction ends.

        Balances are locked in key order, then histories, then accounts, so that two batches never wait for each
        other in a circle.
        """
        ...

    def saving(self) -> AbstractAsyncContextManager[Save]:
        """Keeps orders, lines, ledger entries, balances, histories, exposures and journal events.

        The block saves a batch part by part. A part may still be on its way when its call returns, so that the next is
        decided meanwhile; when the block ends all are kept, or, if it raises, none is on its way any more. Either may
        raise TransactionConflict, when the storage's own bounds refuse or an order is already decided. Nothing else of
        the transaction may be used inside the block.
        """
        ...


class AcceptanceTransaction(Protocol):
    """What accepting orders may touch."""

    @property
    def acceptance(self) -> Acceptance: ...

    @property
    def queue(self) -> Queue: ...

    def of(self, tenant: TenantId) -> InventoryTransaction:
        """The same transaction, as it concerns the stock of one of its tenants."""
        ...


class PolicyShelf(Protocol):
    """The tenant's policies, part of a transaction."""

    async def put(self, name: str, policy: Policy) -> int:
        """Replace the policy; answers its version, counted from 1."""
        ...


class PolicyTransaction(Protocol):
    """What setting a policy may touch."""

    @property
    def policies(self) -> PolicyShelf: ...

    @property
    def journal(self) -> Journal: ...
