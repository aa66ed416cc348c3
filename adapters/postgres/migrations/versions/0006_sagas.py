"""Sagas, found by where they stand, and what they set aside for channels."""

from alembic import op

from adapters.postgres.isolation import grant, wall_off

revision = "0006"
down_revision = "0005"

SAGA = """
CREATE TABLE saga (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    status text NOT NULL CHECK (status IN ('running', 'compensating', 'compensated', 'completed', 'stuck')),
    state bytea NOT NULL,
    waits_for uuid,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK ((waits_for IS NOT NULL) = (status IN ('running', 'compensating')))
)
"""
BY_STATUS = "CREATE INDEX saga_status ON saga (tenant_id, status, id)"
STUCK = "CREATE INDEX saga_stuck ON saga (tenant_id, name) WHERE status = 'stuck'"
ALLOTMENT = """
CREATE TABLE channel_allotment (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    number integer NOT NULL,
    channel text NOT NULL,
    cause text NOT NULL,
    state text NOT NULL CHECK (state IN ('allotted', 'withdrawn')),
    version integer NOT NULL,
    item_id uuid NOT NULL,
    location_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (tenant_id, id, number)
)
"""
CHANGING = {"saga": "status, state, waits_for, updated_at", "channel_allotment": "state, version"}


def upgrade() -> None:
    """Tables, walls, and leave for the dispatcher to count the stuck."""
    op.execute(SAGA)
    op.execute(BY_STATUS)
    op.execute(STUCK)
    op.execute(ALLOTMENT)
    for table, changing in CHANGING.items():
        op.execute(grant(table, ("SELECT", "INSERT", f"UPDATE ({changing})"), "fluxor_app"))
        for statement in wall_off(table):
            op.execute(statement)
    op.execute(grant("saga", ("SELECT (tenant_id, name, status)",), "fluxor_dispatch"))
    op.execute("CREATE POLICY dispatch ON saga TO fluxor_dispatch USING (true)")


def downgrade() -> None:
    """Sagas on their way are forgotten where they stand; what they did stays done."""
    op.execute("DROP TABLE channel_allotment")
    op.execute("DROP TABLE saga")
