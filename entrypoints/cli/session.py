"""What a command is handed: finished parts on an open database, and the processes it can start."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from core.kernel.context import Context
from core.kernel.ids import NewId, TenantId
from core.kernel.value import value
from entrypoints.dispatch import Dispatch
from ports.catalogue import CatalogueView
from ports.clock import Clock
from ports.history import Snapshots, StockHistory
from ports.intake import IntakeLog, IntakeView
from ports.invariants import Invariants
from ports.inventory import InventoryView
from ports.journal import JournalFeed
from ports.orders import OrdersView
from ports.policies import PoliciesView
from ports.queue import QueueView
from ports.replay import Past
from ports.sagas import SagasView
from ports.tenants import TenantsView


class Loops(Protocol):
    """A worker's loops."""

    async def run(self) -> None:
        """Work until stopped."""
        ...

    def stop(self) -> None:
        """Finish what is in hand, take nothing more."""
        ...


@value
class Session:
    """Parts of the product, bound to the running database. ``worker`` makes a worker of this very process."""

    dispatch: Dispatch
    clock: Clock
    new_id: NewId
    intake_log: IntakeLog
    catalogue: CatalogueView
    inventory: InventoryView
    orders: OrdersView
    intake: IntakeView
    queue: QueueView
    sagas: SagasView
    tenants: TenantsView
    feed: JournalFeed
    invariants: Invariants
    history: StockHistory
    snapshots: Snapshots
    policies: PoliciesView
    past: Past
    redeliver: Callable[[datetime], Awaitable[int]]
    """Relays again what was recorded since; see ports.delivery.RelayRewind."""
    worker: Callable[[str], Loops]

    def context(self, tenant: TenantId, scopes: frozenset[str]) -> Context:
        """The operator at the command line, acting for ``tenant``."""
        return Context(tenants=(tenant,), actor="cli", now=self.clock.now(), correlation=self.new_id(), scopes=scopes)


@value
class Operations:
    """What composition hands the command line."""

    version: str
    session: Callable[[], AbstractAsyncContextManager[Session]]
    """Opens the database: DATABASE_URL, else the embedded server of a running ``fluxor up``, else one of its own."""
    up: Callable[[int | None, Path | None, int | None, bool], int]
    """(port, data directory, workers, demo) -> exit code; runs until it is stopped."""
    api: Callable[[], int]
    worker: Callable[[str, bool], int]
    """(worker's name, whether it relays too) -> exit code; runs until it is stopped."""
    relay: Callable[[], int]
    migrate: Callable[[], Awaitable[str]]
    schema_status: Callable[[], Awaitable[tuple[str | None, str]]]
    partitions: Callable[[], Awaitable[Sequence[str]]]
    bench: Callable[[Any], Awaitable[Any]]
    """(BenchOptions) -> Report, against the running server or one of its own."""
    simulate: Callable[..., Any]
