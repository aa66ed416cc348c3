"""Row types, and events that are stored as they are.

What the hot statements write is handed over row by row instead of column by column.

The driver looks at every element of an array of plain values, but only once at a whole row.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

TYPES = {
    "intake_row": """
        tenant_id uuid, id uuid, order_id uuid, lane smallint, channel text, external_id text, key_hash bytea,
        body_hash bytea, body bytea, received_at timestamptz, actor text, correlation text
    """,
    "order_row": """
        tenant_id uuid, id uuid, intake_id uuid, channel text, external_id text, customer text, vendor text,
        currency text, total bigint, received_at timestamptz, kind smallint, reasons bytea,
        reviewed boolean, event text, payload bytea, correlation text
    """,
    "line_row": """
        tenant_id uuid, order_id uuid, number integer, item_id uuid, sku text, scale smallint, ordered bigint,
        allocated bigint, backordered bigint, price bigint, parts bytea
    """,
    "event_row": "tenant_id uuid, stream uuid, version integer",
    "demand_row": "tenant_id uuid, item_id uuid, day date, ordered text, promised text",
    "entry_row": "tenant_id uuid, item_id uuid, group_id uuid, number integer, location_id uuid, quantity bigint",
}


# Partitions made from now on are stored so from the start, see adapters.postgres.partitions.
STORED_PLAINLY = """
DO $$
DECLARE leaf regclass;
BEGIN
    FOR leaf IN SELECT relid FROM pg_partition_tree('journal') WHERE isleaf AND relid <> 'journal'::regclass LOOP
        EXECUTE format('ALTER TABLE %s SET (toast_tuple_target = 8160)', leaf);
    END LOOP;
END $$
"""


def upgrade() -> None:
    """Types are for everybody to use; they hold nothing."""
    for name, columns in TYPES.items():
        op.execute(f"CREATE TYPE {name} AS ({columns})")
    op.execute(STORED_PLAINLY)


def downgrade() -> None:
    """Nothing is lost."""
    for name in TYPES:
        op.execute(f"DROP TYPE {name}")
