"""Holds on stock: one row each, found by whose time is over."""

from alembic import op

from adapters.postgres.isolation import grant, wall_off

revision = "0003"
down_revision = "0002"

TABLE = """
CREATE TABLE reservation (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    holder text NOT NULL,
    reference text,
    parts bytea NOT NULL,
    items uuid[] NOT NULL,
    seconds integer NOT NULL CHECK (seconds > 0),
    expires_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('held', 'committed', 'consumed', 'released', 'expired')),
    version integer NOT NULL,
    PRIMARY KEY (tenant_id, id)
)
"""
DUE = "CREATE INDEX reservation_due ON reservation (tenant_id, expires_at, id) WHERE state = 'held'"


def upgrade() -> None:
    """The table, its wall, and leave for the dispatcher to see whose holds have run out."""
    op.execute(TABLE)
    op.execute(DUE)
    op.execute(grant("reservation", ("SELECT", "INSERT", "UPDATE"), "fluxor_app"))
    for statement in wall_off("reservation"):
        op.execute(statement)
    op.execute(grant("reservation", ("SELECT (tenant_id, state, expires_at)",), "fluxor_dispatch"))
    op.execute("CREATE POLICY dispatch ON reservation TO fluxor_dispatch USING (true)")


def downgrade() -> None:
    """Holds are forgotten; what they held stays reserved in the ledger, as its entries say."""
    op.execute("DROP TABLE reservation")
