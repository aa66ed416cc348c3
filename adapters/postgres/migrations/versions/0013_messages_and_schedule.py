"""Messages between processes, until when each chore was fired, and jobs that keep an order among themselves."""

from alembic import op

from adapters.postgres.isolation import grant, wall_off

revision = "0013"
down_revision = "0012"

MESSAGE = """
CREATE TABLE message (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    queue text NOT NULL,
    priority smallint NOT NULL,
    strand smallint NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY,
    key text NOT NULL,
    payload bytea NOT NULL,
    correlation text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 70)
"""
IN_ORDER = "CREATE INDEX message_in_order ON message (queue, priority, strand, position)"
STRAND = """
CREATE TABLE message_strand (
    queue text NOT NULL,
    priority smallint NOT NULL,
    strand smallint NOT NULL,
    waiting bigint NOT NULL CHECK (waiting >= 0),
    out integer NOT NULL DEFAULT 0,
    fence bigint NOT NULL DEFAULT 0,
    held_until timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (queue, priority, strand)
) WITH (fillfactor = 50)
"""

IN_PLACE = (
    "ALTER TABLE {table} ADD COLUMN key text, ADD COLUMN place bigint NOT NULL DEFAULT 0",
    "CREATE INDEX {table}_in_place ON {table} (tenant_id, queue, key, place) WHERE key IS NOT NULL",
)
SCHEDULE = "CREATE TABLE schedule (chore text PRIMARY KEY, due timestamptz NOT NULL)"


def upgrade() -> None:
    """Only the dispatcher carries messages; no tenant's transaction sees any."""
    op.execute(MESSAGE)
    op.execute(IN_ORDER)
    op.execute(STRAND)
    for statement in wall_off("message"):
        op.execute(statement)
    op.execute("CREATE POLICY dispatch ON message TO fluxor_dispatch USING (true) WITH CHECK (true)")
    for table in ("queue_job", "dead_letter"):
        for statement in IN_PLACE:
            op.execute(statement.format(table=table))
    op.execute(SCHEDULE)
    op.execute(grant("schedule", ("SELECT", "INSERT", "UPDATE"), "fluxor_app"))
    for table in ("message", "message_strand"):
        op.execute(grant(table, ("SELECT", "INSERT", "UPDATE", "DELETE"), "fluxor_dispatch"))


def downgrade() -> None:
    """What is on its way is lost: the relay is to be set back to where its messages began."""
    for table in ("queue_job", "dead_letter"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN key, DROP COLUMN place")
    op.execute("DROP TABLE schedule")
    op.execute("DROP TABLE message")
    op.execute("DROP TABLE message_strand")
