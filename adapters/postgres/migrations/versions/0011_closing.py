"""Orders are closed, and those about which nothing is to be done are known by since when.

Nothing is known of orders that were delivered before: they are closed by hand, or once something happens with them.
"""

from alembic import op

from adapters.postgres.isolation import grant, wall_off

revision = "0011"
down_revision = "0010"

AT_REST = """
CREATE TABLE order_at_rest (
    tenant_id uuid NOT NULL,
    order_id uuid NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, order_id)
)
"""


def upgrade() -> None:
    """A column nobody has to fill, and a table that is written when goods have arrived."""
    op.execute("ALTER TABLE orders ADD COLUMN closed_at timestamptz")
    op.execute(AT_REST)
    op.execute("CREATE INDEX order_at_rest_since ON order_at_rest (tenant_id, since)")
    op.execute(grant("order_at_rest", ("SELECT", "INSERT", "UPDATE", "DELETE"), "fluxor_app"))
    for statement in wall_off("order_at_rest"):
        op.execute(statement)


def downgrade() -> None:
    """That an order was closed is in the journal; here it is forgotten."""
    op.execute("DROP TABLE order_at_rest")
    op.execute("ALTER TABLE orders DROP COLUMN closed_at")
