"""Orders and their lines."""

from sqlalchemy import BigInteger, Boolean, DateTime, LargeBinary, Text, Uuid, column, table

ORDERS = table(
    "orders",
    column("tenant_id", Uuid(as_uuid=False)),
    column("id", Uuid(as_uuid=False)),
    column("intake_id", Uuid(as_uuid=False)),
    *(column(name, Text) for name in ("channel", "external_id", "customer", "vendor", "currency")),
    column("total", BigInteger),
    *(column(name, DateTime(timezone=True)) for name in ("received_at", "accepted_at", "rejected_at")),
    *(column(name, DateTime(timezone=True)) for name in ("held_at", "cancelled_at", "closed_at")),
    column("reasons", LargeBinary),
    column("holds", LargeBinary),
    column("on_account", Boolean),
)
LINES = table(
    "order_line",
    column("tenant_id", Uuid(as_uuid=False)),
    column("order_id", Uuid(as_uuid=False)),
    *(
        column(name, BigInteger)
        for name in ("ordered", "allocated", "backordered", "shipped", "delivered", "cancelled")
    ),
)
