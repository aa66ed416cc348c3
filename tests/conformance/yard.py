"""A shop with two places, and what moves between them, in a line."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.transferring import StartTransfer, TransferRequest
from core.inventory.use_cases.change_stock import change_stock
from tests.conformance.shop import a_place, a_shop
from tests.conformance.storage import Storage
from tests.support.given import NOW, a_context, numbered_ids

NEW_ID = numbered_ids(700_000)
TOMORROW, NEXT_WEEK = NOW + timedelta(days=1), NOW + timedelta(days=7)


async def run(storage: Storage, use_case: Any, command: object) -> Any:
    async with storage.transactions.begin(a_context()) as tx:
        return await use_case(command, a_context(), tx, new_id=NEW_ID)


def asking(*quantities: int, sku: str = "SKU-1") -> tuple[TransferRequest, ...]:
    return tuple(TransferRequest(sku=sku, quantity=Decimal(quantity)) for quantity in quantities)


def moving(*quantities: int, **other: Any) -> StartTransfer:
    command = StartTransfer(source="W101", target="W102", lines=asking(*quantities), reason="runs low")
    return replace(command, **other)


async def two_places(storage: Storage, stock: int = 10, backorder_limit: int = 0) -> None:
    """SKU-1 with ``stock`` at W101, and W102 without any."""
    await a_shop(storage, stock=0, backorder_limit=backorder_limit)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.locations.add(a_place(102))
    act = StockAct(act=Act.RECEIVE, sku="SKU-1", location="W101", quantity=Decimal(stock))
    await run(storage, change_stock, ChangeStock(acts=(act,)))
