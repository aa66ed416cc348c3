"""What is known of the orders, holds, returns and transfers that caused entries."""

from collections.abc import Collection, Mapping
from typing import Any

from adapters.postgres.engine import Connection
from core.inventory.cause import Cause, OrderCause, ReservationCause, ReturnCause, TransferCause
from core.inventory.holding import Holder
from core.kernel.ids import OrderId, ReservationId, ReturnId, TenantId, TransferId

_ORDERS = """
SELECT id, channel, external_id, customer, received_at FROM orders WHERE tenant_id = $1 AND id = ANY($2::uuid[])
"""
_RESERVATIONS = "SELECT id, holder, reference FROM reservation WHERE tenant_id = $1 AND id = ANY($2::uuid[])"
_RETURNS = """
SELECT r.id, r.order_id, o.channel, o.external_id FROM order_return r
JOIN orders o ON o.tenant_id = r.tenant_id AND o.id = r.order_id
WHERE r.tenant_id = $1 AND r.id = ANY($2::uuid[])
"""
_TRANSFERS = """
SELECT id, source_code AS source, target_code AS target FROM transfer WHERE tenant_id = $1 AND id = ANY($2::uuid[])
"""


async def known_causes(connection: Connection, tenant: TenantId, named: Collection[Cause]) -> Mapping[Cause, Cause]:
    """Each of ``named`` that can be looked up, with what is known of it."""
    known: dict[Cause, Cause] = {}
    for kind, query, whose, filled in (
        (OrderCause, _ORDERS, "order", _order),
        (ReservationCause, _RESERVATIONS, "reservation", _reservation),
        (ReturnCause, _RETURNS, "one", _return),
        (TransferCause, _TRANSFERS, "transfer", _transfer),
    ):
        bare = {getattr(cause, whose): cause for cause in named if isinstance(cause, kind)}
        for row in await connection.fetch(query, tenant, list(bare)) if bare else ():
            known[bare[str(row["id"])]] = filled(row)
    return known


def _order(row: Any) -> Cause:
    return OrderCause(
        order=OrderId(str(row["id"])),
        channel=row["channel"],
        external_id=row["external_id"],
        customer=row["customer"],
        received_at=row["received_at"],
    )


def _reservation(row: Any) -> Cause:
    reservation = ReservationId(str(row["id"]))
    return ReservationCause(reservation=reservation, holder=Holder(row["holder"]), reference=row["reference"])


def _return(row: Any) -> Cause:
    return ReturnCause(
        one=ReturnId(str(row["id"])),
        order=OrderId(str(row["order_id"])),
        channel=row["channel"],
        external_id=row["external_id"],
    )


def _transfer(row: Any) -> Cause:
    return TransferCause(transfer=TransferId(str(row["id"])), source=row["source"], target=row["target"])
