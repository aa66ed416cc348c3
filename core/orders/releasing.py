"""Items that are sold before their day: what is owed of them is a preorder, and nothing of them is sent before it.

Accepting an order does not ask for the day: it is looked at when an order is read, and when goods are about to leave.
"""

from collections.abc import Mapping
from datetime import date

from core.kernel.errors import Conflict
from core.kernel.ids import ItemId
from core.orders.changes import FulfilmentShipped
from core.orders.order import Order, OrderLine

Days = Mapping[ItemId, date]
"""From which day on items are sent; those that have none always are."""


class NotReleased(Conflict):
    """Something of it is not sent before its day."""

    code = "not_released"


def expected_on(line: OrderLine, days: Days, today: date) -> date | None:
    """The day what ``line`` waits for may be sent; None: nothing of it waits for a day to come."""
    waits = [days[item] for part in line.parts if part.backordered and (item := part.item or line.item) in days]
    return max((day for day in waits if day > today), default=None)


def check_released(order: Order, shipped: FulfilmentShipped, days: Days, today: date) -> None:
    """Raise NotReleased when ``shipped`` is to send something before its day."""
    lines = {line.number: line for line in order.facts.lines}
    for units in shipped.units:
        day = days.get(units.item)
        if day is not None and day > today:
            sku, _ = lines[units.line].named(units.item)
            raise NotReleased(f"'{sku}' is not sent before {day.isoformat()}", path="$.lines")
