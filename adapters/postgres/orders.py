"""Orders and their lines: rows and back."""

from typing import Any

from adapters.postgres.catalogue import to_components
from adapters.toolkit.codec import decode
from core.kernel.ids import IntakeId, ItemId, OrderId
from core.orders.order import AllocatedPart, Hold, Order, OrderFacts, OrderLine, Reason

LINES_OF = """
SELECT order_id, number, item_id, sku, scale, ordered, price, parts, shipped, cancelled, delivered, returned,
       unit, per, components
FROM order_line
WHERE tenant_id = $1 AND order_id = ANY($2::uuid[]) ORDER BY order_id, number
"""


def to_order(row: Any, lines: tuple[OrderLine, ...]) -> Order:
    """An order from its row and its lines."""
    return Order(
        facts=OrderFacts(
            order_id=OrderId(str(row["id"])),
            intake_id=IntakeId(str(row["intake_id"])),
            channel=row["channel"],
            external_id=row["external_id"],
            customer=row["customer"],
            currency=row["currency"],
            total=row["total"],
            lines=lines,
            received_at=row["received_at"],
        ),
        vendor=row["vendor"],
        accepted_at=row["accepted_at"],
        rejected_at=row["rejected_at"],
        held_at=row["held_at"],
        cancelled_at=row["cancelled_at"],
        closed_at=row["closed_at"],
        reasons=decode(tuple[Reason, ...], row["reasons"] or b"[]"),
        holds=decode(tuple[Hold, ...], row["holds"] or b"[]"),
        on_account=row["on_account"],
    )


def to_line(row: Any) -> OrderLine:
    """A line from its row."""
    return OrderLine(
        number=row["number"],
        item=ItemId(str(row["item_id"])),
        sku=row["sku"],
        scale=row["scale"],
        ordered=row["ordered"],
        price=row["price"],
        parts=decode(tuple[AllocatedPart, ...], row["parts"]),
        shipped=row["shipped"],
        cancelled=row["cancelled"],
        delivered=row["delivered"],
        returned=row["returned"],
        unit=row["unit"],
        per=row["per"],
        components=to_components(row["components"]),
    )
