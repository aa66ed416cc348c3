"""A delivery entered by several at once is received once."""

import asyncio
from decimal import Decimal
from functools import partial

from core.inventory.acts import Act, StockAct
from core.inventory.delivery import DeliveredLine, ReceiveDelivery
from core.inventory.use_cases.receive_delivery import receive_delivery
from ports.storage import TransactionConflict
from tests.conformance.shop import a_shop, shelf
from tests.conformance.storage import Storage
from tests.support.given import a_context, numbered_ids

receive = partial(receive_delivery, new_id=numbered_ids(900_000))


async def test_of_two_that_receive_it_at_once_one_does(storage: Storage) -> None:
    await a_shop(storage, stock=0)
    act = StockAct(act=Act.RECEIVE, sku="SKU-1", location="W101", quantity=Decimal(1))
    command = ReceiveDelivery(name="d", lines=tuple(DeliveredLine(number=line, act=act) for line in range(2, 7)))

    async def enter() -> int:
        try:
            async with storage.transactions.begin(a_context()) as tx:
                return sum(outcome is not None for outcome in await receive(command, a_context(), tx))
        except TransactionConflict:
            return 0

    assert sum(await asyncio.gather(*(enter() for _ in range(4)))) == 5
    assert (await shelf(storage)).available == 5
    assert await enter() == 0
    assert await storage.invariants.violations() == []
