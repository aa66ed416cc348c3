"""Lines that wait for stock are found by the shelf they wait for, and nothing is kept of the others."""

from alembic import op

revision = "0010"
down_revision = "0009"

# Both cover only what waits, so that accepting an order from stock writes to neither.
LINES = "CREATE INDEX order_line_waiting ON order_line (tenant_id, item_id) WHERE backordered > 0"
KITS = """
CREATE INDEX order_line_waiting_kits ON order_line (tenant_id) WHERE backordered > 0 AND components IS NOT NULL
"""


def upgrade() -> None:
    """Orders that wait for what has come already are found by the hourly sweep."""
    op.execute(LINES)
    op.execute(KITS)


def downgrade() -> None:
    """Nothing is lost."""
    op.execute("DROP INDEX order_line_waiting, order_line_waiting_kits")
