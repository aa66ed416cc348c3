"""Outgoing webhooks: endpoints, deliveries, attempts."""

from alembic import op

from adapters.postgres.isolation import APP_ROLE, grant, wall_off

revision = "0014"
down_revision = "0013"

ENDPOINT = """
CREATE TABLE webhook_endpoint (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    url text NOT NULL,
    description text NOT NULL,
    events text[] NOT NULL,
    secrets bytea NOT NULL,
    created_at timestamptz NOT NULL,
    disabled text,
    failing_since timestamptz,
    version integer NOT NULL,
    PRIMARY KEY (tenant_id, id)
)
"""
DELIVERY = """
CREATE TABLE webhook_delivery (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    event_id uuid NOT NULL,
    name text NOT NULL,
    body bytea NOT NULL,
    correlation text NOT NULL,
    created_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts integer NOT NULL CHECK (attempts >= 0),
    detail text NOT NULL,
    PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 80)
"""
ATTEMPT = """
CREATE TABLE webhook_attempt (
    tenant_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    took_ms integer NOT NULL,
    status integer,
    error text CHECK (length(error) <= 200),
    response bytea NOT NULL CHECK (length(response) <= 4096),
    PRIMARY KEY (tenant_id, delivery_id, number),
    FOREIGN KEY (tenant_id, delivery_id) REFERENCES webhook_delivery (tenant_id, id) ON DELETE CASCADE,
    CHECK ((status IS NULL) <> (error IS NULL))
)
"""
INDEXES = (
    "CREATE INDEX webhook_delivery_newest ON webhook_delivery (tenant_id, endpoint_id, created_at, id)",
    "CREATE INDEX webhook_delivery_in_state ON webhook_delivery (tenant_id, endpoint_id, state, created_at, id)",
    "CREATE INDEX webhook_delivery_old ON webhook_delivery (tenant_id, created_at) WHERE state <> 'waiting'",
)


def upgrade() -> None:
    """A delivery outlives its endpoint: its job ends it, and its time."""
    for statement in (ENDPOINT, DELIVERY, ATTEMPT, *INDEXES):
        op.execute(statement)
    for table in ("webhook_endpoint", "webhook_delivery", "webhook_attempt"):
        for statement in wall_off(table):
            op.execute(statement)
        op.execute(grant(table, ("SELECT", "INSERT", "UPDATE", "DELETE"), APP_ROLE))


def downgrade() -> None:
    """What waits is lost; the journal still has every event."""
    for table in ("webhook_attempt", "webhook_delivery", "webhook_endpoint"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DELETE FROM queue_job WHERE queue = 'webhooks'")
