"""Transfers and expected receipts: one row each; a transfer's lines are kept with it."""

from alembic import op

from adapters.postgres.isolation import grant, wall_off

revision = "0005"
down_revision = "0004"

TABLES = """
CREATE TABLE transfer (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    source_id uuid NOT NULL,
    source_code text NOT NULL,
    target_id uuid NOT NULL CHECK (target_id <> source_id),
    target_code text NOT NULL,
    transit_id uuid NOT NULL CHECK (transit_id NOT IN (source_id, target_id)),
    lines bytea NOT NULL,
    items uuid[] NOT NULL,
    reason text NOT NULL,
    reference text,
    ship_on timestamptz,
    due timestamptz,
    state text NOT NULL CHECK (state IN ('planned', 'in_transit', 'received', 'closed_short', 'cancelled')),
    version integer NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, source_id) REFERENCES location (tenant_id, id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES location (tenant_id, id),
    FOREIGN KEY (tenant_id, transit_id) REFERENCES location (tenant_id, id)
);
CREATE INDEX transfer_state ON transfer (tenant_id, state, id);
CREATE TABLE expected_receipt (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    sku text NOT NULL,
    scale smallint NOT NULL,
    location_id uuid NOT NULL,
    location_code text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    received bigint NOT NULL DEFAULT 0 CHECK (received >= 0),
    due timestamptz,
    reference text,
    state text NOT NULL CHECK (state IN ('open', 'received', 'withdrawn')),
    version integer NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, item_id) REFERENCES item (tenant_id, id),
    FOREIGN KEY (tenant_id, location_id) REFERENCES location (tenant_id, id)
);
CREATE INDEX expected_receipt_state ON expected_receipt (tenant_id, state, id);
CREATE INDEX expected_receipt_item ON expected_receipt (tenant_id, item_id, state)
"""


def upgrade() -> None:
    """The tables, and the wall round each."""
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for table in ("transfer", "expected_receipt"):
        op.execute(grant(table, ("SELECT", "INSERT", "UPDATE"), "fluxor_app"))
        for statement in wall_off(table):
            op.execute(statement)


def downgrade() -> None:
    """They are forgotten; what was under way stays in transit in the ledger, as its entries say."""
    op.execute("DROP TABLE transfer")
    op.execute("DROP TABLE expected_receipt")
