"""Orders that are open, held while something is done with them, and the lists a warehouse works from."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from core.credit.account import CreditAccount
from core.execution.covering import Backlog
from core.intake.submission import OrderRequest
from core.inventory.balance import BalanceKey
from core.kernel.ids import FulfilmentId, LocationId, OrderId, ReturnId, TenantId
from core.kernel.value import value
from core.orders.dossier import Dossier
from core.orders.fulfilment import Fulfilment, FulfilmentState
from core.orders.order import Order, OrderLine
from core.orders.returns import Return, ReturnState
from ports.intake import Submissions
from ports.inventory import InventoryTransaction
from ports.queue import Withdrawals


class Dossiers(Protocol):
    """The tenant's orders with everything that hangs on them, part of a transaction."""

    async def lock(self, order: OrderId) -> Dossier | None:
        """Hold the order against others; None: there is none."""
        ...

    async def lock_of(self, fulfilment: FulfilmentId) -> Dossier | None:
        """Hold the order this fulfilment order is of; None: there is none."""
        ...

    async def lock_returned(self, one: ReturnId) -> Dossier | None:
        """Hold the order this return is of; None: there is none."""
        ...

    async def order(self, order: OrderId) -> Order | None:
        """The order as it stands, held by nobody; None: nobody has decided it yet, or there is none."""
        ...

    async def request(self, dossier: Dossier) -> OrderRequest | None:
        """What the order was asked for with."""
        ...

    async def backlog(self, shelves: Collection[BalanceKey]) -> Backlog:
        """Who waits for ``shelves`` and what these have available, both as of one moment; nothing is held."""
        ...

    async def save(self, dossier: Dossier) -> None:
        """Keep a held order as it is now: its facts, lines, fulfilment orders and returns."""
        ...


class Exposures(Protocol):
    """What customers owe, part of a transaction."""

    async def lock(self, customer: str) -> CreditAccount | None:
        """The customer's account, held against other writers until the transaction ends."""
        ...

    async def expose(self, account: CreditAccount) -> None:
        """Keep the exposure of a held account."""
        ...


class ExecutionTransaction(InventoryTransaction, Protocol):
    """What executing orders may touch: stock, and besides it orders, what is owed for them, and their reviews."""

    @property
    def dossiers(self) -> Dossiers: ...

    @property
    def accounts(self) -> Exposures: ...

    @property
    def queue(self) -> Withdrawals: ...

    @property
    def intake(self) -> Submissions: ...


@value
class WorkFilter:
    """What a work list is narrowed to; None asks for nothing."""

    location: LocationId | None = None
    state: FulfilmentState | None = None


@value
class Work:
    """A fulfilment order, and the lines of its order for the names and decimals a person reads them by."""

    fulfilment: Fulfilment
    lines: Sequence[OrderLine]


@value
class ReturnRow:
    """A return, and what of its order a person reads it by."""

    one: Return
    lines: Sequence[OrderLine]
    currency: str | None


class OrderChores(Protocol):
    """What sweeps look for."""

    async def uncovered(self, tenant: TenantId, limit: int) -> Sequence[BalanceKey]:
        """Up to ``limit`` shelves that more is waited for than they owe."""
        ...

    async def at_rest(self, tenant: TenantId, since: datetime, limit: int) -> Sequence[OrderId]:
        """Up to ``limit`` orders about which nothing is to be done, and nothing was after ``since``, oldest first."""
        ...


class DossiersView(Protocol):
    """Straight from an entrypoint."""

    async def fulfilments(self, tenant: TenantId, order: OrderId) -> Sequence[Fulfilment]:
        """The order's fulfilment orders, as they came about."""
        ...

    async def fulfilment(self, tenant: TenantId, one: FulfilmentId) -> Work | None:
        """The fulfilment order with this id, None: there is none."""
        ...

    async def returns(self, tenant: TenantId, order: OrderId) -> Sequence[Return]:
        """The order's returns, as they came about."""
        ...

    async def returned(
        self, tenant: TenantId, *, state: ReturnState | None, after: ReturnId | None, limit: int
    ) -> Sequence[ReturnRow]:
        """Up to ``limit`` returns by id, after ``after``."""
        ...

    async def exchange_of(self, tenant: TenantId, order: Order) -> OrderId | None:
        """The order that ``order`` was sent in exchange for goods of, None: it is an order like any other."""
        ...

    async def work(
        self, tenant: TenantId, wanted: WorkFilter, *, after: FulfilmentId | None, limit: int
    ) -> Sequence[Work]:
        """Up to ``limit`` fulfilment orders that have something to send, oldest order first, after ``after``."""
        ...
