"""When the lines of an order are expected whose items are not sent before their day."""

from collections.abc import Callable, Collection, Iterable
from datetime import date

from core.kernel.ids import ItemId
from core.orders.order import OrderLine
from core.orders.releasing import expected_on
from entrypoints.http.routes import Call

Expected = Callable[[OrderLine], date | None]
"""The day a line's preorder is sent from."""


def waiting(lines: Iterable[OrderLine]) -> set[ItemId]:
    """The items ``lines`` wait for."""
    return {part.item or line.item for line in lines for part in line.parts if part.backordered}


async def days_of(call: Call, items: Collection[ItemId]) -> Expected:
    """When lines that wait for one of ``items`` are sent; nothing is looked up where none is waited for."""
    days = await call.parts.views.catalogue.available_on(call.tenant, items) if items else {}
    return lambda line: expected_on(line, days, call.context.now.date())
