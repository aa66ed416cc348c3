"""What orders go through after they were accepted: holds, cancellations, fulfilment orders, shipments, returns."""

from alembic import op

from adapters.postgres.isolation import grant, wall_off

revision = "0008"
down_revision = "0007"

FULFILMENT = """
CREATE TABLE fulfilment (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    place smallint NOT NULL,
    location_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'accepted', 'picking', 'packed', 'shipped', 'delivered',
                                         'rejected', 'cancelled')),
    lines bytea,
    shipments bytea,
    reason text,
    PRIMARY KEY (tenant_id, id)
) PARTITION BY RANGE (id)
"""
WORK = """
CREATE INDEX fulfilment_work ON fulfilment (tenant_id, location_id, id)
WHERE state IN ('proposed', 'accepted', 'picking', 'packed')
"""
RETURN = """
CREATE TABLE order_return (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    place smallint NOT NULL,
    state text NOT NULL CHECK (state IN ('requested', 'approved', 'in_transit', 'received', 'inspected', 'resolved',
                                         'denied', 'cancelled')),
    body bytea NOT NULL,
    PRIMARY KEY (tenant_id, id)
)
"""
COLUMNS = """
ALTER TABLE orders ADD COLUMN holds bytea;
ALTER TABLE orders ADD COLUMN on_account boolean NOT NULL DEFAULT false;
ALTER TABLE order_line ADD COLUMN delivered bigint NOT NULL DEFAULT 0;
ALTER TABLE order_line ADD COLUMN returned bigint NOT NULL DEFAULT 0;
ALTER TABLE order_line ADD CHECK (returned <= shipped AND delivered <= shipped);
ALTER TYPE order_row ADD ATTRIBUTE on_account boolean;
CREATE TYPE fulfilment_row AS (tenant_id uuid, id uuid, order_id uuid, place smallint, location_id uuid)
"""


def upgrade() -> None:
    """Old orders have no rows here: theirs are derived from their lines when something is done with them first."""
    op.execute(FULFILMENT)
    op.execute(WORK)
    for statement in COLUMNS.split(";\n"):
        op.execute(statement)
    op.execute(RETURN)
    for table in ("fulfilment", "order_return"):
        op.execute(grant(table, ("SELECT", "INSERT", "UPDATE"), "fluxor_app"))
        for statement in wall_off(table):
            op.execute(statement)


def downgrade() -> None:
    """What happened to orders after they were accepted is in the journal and the ledger; here it is forgotten."""
    op.execute("DROP TYPE fulfilment_row")
    op.execute("ALTER TYPE order_row DROP ATTRIBUTE on_account")
    op.execute("ALTER TABLE order_line DROP COLUMN delivered, DROP COLUMN returned")
    op.execute("ALTER TABLE orders DROP COLUMN holds, DROP COLUMN on_account")
    op.execute("DROP TABLE fulfilment, order_return")
