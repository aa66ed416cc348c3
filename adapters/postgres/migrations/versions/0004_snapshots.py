"""Snapshots of balances at the end of a day, and a way to the entries whose id does not tell when they were entered.

An entry's id begins with the time it was made. Of nearly all entries that is the time they were recorded, so the
primary key finds them by time; only for the others (an order decided long after it came in, a clock that ran ahead)
there is an index, which costs the many no more than the question whether they belong in it.
"""

from alembic import op

from adapters.postgres.isolation import grant, wall_off

revision = "0004"
down_revision = "0003"

# Parts of the expression are chosen to be immutable and cheap; see docs/time-travel.md for what it costs an insert.
OUT_OF_STEP = """
CREATE FUNCTION entered_out_of_step(group_id uuid, recorded_at timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN abs(
    date_part('epoch', recorded_at - timestamptz '1970-01-01 00:00:00+00') * 1000
    - ('x' || encode(substring(uuid_send(group_id), 1, 6), 'hex'))::bit(48)::bigint
) > 3600000
"""
INDEX = """
CREATE INDEX stock_entry_out_of_step ON stock_entry (tenant_id, item_id, recorded_at)
WHERE entered_out_of_step(group_id, recorded_at)
"""
SNAPSHOT = """
CREATE TABLE stock_snapshot (
    tenant_id uuid NOT NULL,
    item_id uuid NOT NULL,
    location_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    day date NOT NULL,
    available bigint NOT NULL,
    reserved bigint NOT NULL,
    committed bigint NOT NULL,
    picked bigint NOT NULL,
    quality_control bigint NOT NULL,
    damaged bigint NOT NULL,
    safety_stock bigint NOT NULL,
    in_transit bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, item_id, location_id, lot_id, day)
)
"""
DAYS = """
CREATE TABLE snapshot_day (
    tenant_id uuid NOT NULL,
    since date NOT NULL,
    through date NOT NULL CHECK (through >= since),
    PRIMARY KEY (tenant_id)
)
"""


def upgrade() -> None:
    """The index is made while nobody writes entries: it reads each of them once and holds next to none."""
    op.execute(OUT_OF_STEP)
    op.execute(INDEX)
    op.execute(SNAPSHOT)
    op.execute(DAYS)
    op.execute(grant("stock_snapshot", ("SELECT", "INSERT"), "fluxor_app"))
    op.execute(grant("snapshot_day", ("SELECT", "INSERT", "UPDATE (through)"), "fluxor_app"))
    for table in ("stock_snapshot", "snapshot_day"):
        for statement in wall_off(table):
            op.execute(statement)


def downgrade() -> None:
    """Nothing is lost: all of it follows from the entries."""
    op.execute("DROP TABLE snapshot_day")
    op.execute("DROP TABLE stock_snapshot")
    op.execute("DROP INDEX stock_entry_out_of_step")
    op.execute("DROP FUNCTION entered_out_of_step")
