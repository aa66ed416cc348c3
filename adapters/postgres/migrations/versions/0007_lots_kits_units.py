"""Lots, kits and units: what an item is, which lots it has, which lot was promised.

Row types are new beside the old ones: processes of the version before go on writing theirs.
"""

from alembic import op

from adapters.postgres.isolation import grant, wall_off

NO_LOT = "00000000-0000-0000-0000-000000000000"
revision = "0007"
down_revision = "0006"

ITEM = """
ALTER TABLE item
    ADD COLUMN tracking text NOT NULL DEFAULT 'none' CHECK (tracking IN ('none', 'lot', 'serial')),
    ADD COLUMN components bytea,
    ADD COLUMN units bytea,
    ADD CONSTRAINT only_what_has_no_lot_is_owed CHECK (tracking = 'none' OR backorder_limit = 0)
"""
LINE = """
ALTER TABLE order_line
    ADD COLUMN unit text,
    ADD COLUMN per bigint CHECK (per > 0),
    ADD COLUMN components bytea
"""
LOT = """
CREATE TABLE lot (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    code text NOT NULL,
    expires_on date,
    status text NOT NULL CHECK (status IN ('available', 'hold', 'quarantine', 'expired')),
    version integer NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, item_id, code),
    FOREIGN KEY (tenant_id, item_id) REFERENCES item (tenant_id, id)
)
"""
INDEXES = (
    "CREATE INDEX lot_expiry ON lot (tenant_id, (COALESCE(expires_on, 'infinity'::date)), id)",
    # Stock without a lot, which is nearly all there is, is not in it.
    f"CREATE INDEX stock_balance_lot ON stock_balance (tenant_id, lot_id) WHERE lot_id <> '{NO_LOT}'::uuid",
)
TYPES = {
    "promise_row": """
        tenant_id uuid, item_id uuid, group_id uuid, number integer, location_id uuid, lot_id uuid, quantity bigint
    """,
    "sold_row": """
        tenant_id uuid, order_id uuid, number integer, item_id uuid, sku text, scale smallint, ordered bigint,
        allocated bigint, backordered bigint, price bigint, parts bytea, unit text, per bigint, components bytea
    """,
}


def upgrade() -> None:
    """Columns that are empty for all there is, lots behind their wall, and rows that name a lot."""
    op.execute(ITEM)
    op.execute(LINE)
    op.execute(LOT)
    for statement in INDEXES:
        op.execute(statement)
    op.execute(grant("lot", ("SELECT", "INSERT", "UPDATE"), "fluxor_app"))
    for statement in wall_off("lot"):
        op.execute(statement)
    for name, columns in TYPES.items():
        op.execute(f"CREATE TYPE {name} AS ({columns})")


def downgrade() -> None:
    """Lots lose their codes and days; what stands of them stays in the ledger, each by itself."""
    for name in TYPES:
        op.execute(f"DROP TYPE {name}")
    op.execute("DROP INDEX stock_balance_lot")
    op.execute("DROP TABLE lot")
    op.execute("ALTER TABLE order_line DROP COLUMN unit, DROP COLUMN per, DROP COLUMN components")
    op.execute(
        "ALTER TABLE item DROP CONSTRAINT only_what_has_no_lot_is_owed, DROP COLUMN tracking, DROP COLUMN components, "
        "DROP COLUMN units"
    )
