"""The door, a worker of sagas and a relay over a storage."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from adapters.memory.telemetry import MemoryTelemetry
from composition.door import Door
from core.identity.permission import ALL_SCOPES
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.use_cases.change_stock import change_stock
from core.kernel.context import Context
from core.kernel.event import START
from core.kernel.ids import SagaId
from core.sagas.definitions import DEFINITIONS
from core.sagas.saga import Saga
from core.sagas.subscriptions import concerning
from entrypoints.dispatch import Dispatch, UseCase
from entrypoints.worker.sagas import SagaRunner
from tests.conformance.shop import a_shop
from tests.conformance.storage import Storage
from tests.support.given import TENANT, a_context, numbered_ids

NEW_ID = numbered_ids(760_000)
CONTEXT = replace(a_context(), scopes=ALL_SCOPES)


class Office:
    """The door and a worker over a storage."""

    def __init__(
        self, storage: Storage, overrides: Mapping[type, UseCase] | None = None, definitions: Any = None
    ) -> None:
        self.storage = storage
        self.telemetry = MemoryTelemetry()
        door = Door(
            transactions=storage.transactions, telemetry=self.telemetry, new_id=NEW_ID, new_secret=lambda: "s" * 43
        )
        table = {**door.use_cases(), **(overrides or {})}
        self.dispatch = Dispatch(storage.transactions, table, self.telemetry)
        known = DEFINITIONS if definitions is None else definitions
        self.cursor = START
        self.runner = SagaRunner(storage.jobs, self.dispatch, self.telemetry, storage.sagas, known)

    async def run(self, command: object, context: Context = CONTEXT) -> Any:
        return await self.dispatch.run(command, context)

    async def saga(self, saga: SagaId) -> Saga:
        kept = await self.storage.sagas.saga(TENANT, saga)
        found: Saga = kept.saga
        return found

    async def work(self) -> None:
        """Everything that is due, and what comes of it."""
        while await self.runner.step(a_context()):
            pass

    async def tell(self) -> None:
        """The relay tells sagas what has happened since it last did."""
        while events := await self.storage.feed.read(self.cursor, 100):
            self.cursor = events[-1].cursor
            command = concerning(events)
            if command is not None:
                await self.run(command, replace(CONTEXT, tenants=tuple(sorted({one.tenant for one in events}))))

    async def go_on(self, *commands: object) -> None:
        """``commands`` are given, sagas are told of it, and what is due is done."""
        for command in commands:
            await self.run(command)
        await self.tell()
        await self.work()


async def a_stocked_office(storage: Storage, stock: int = 5, **given: Any) -> Office:
    await a_shop(storage, stock=0)
    received = StockAct(act=Act.RECEIVE, sku="SKU-1", location="W101", quantity=Decimal(stock))
    async with storage.transactions.begin(a_context()) as tx:
        await change_stock(ChangeStock(acts=(received,)), a_context(), tx, new_id=NEW_ID)
    return Office(storage, **given)
