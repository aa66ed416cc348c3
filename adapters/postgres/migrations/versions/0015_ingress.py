"""Incoming webhooks: sources, notices, what was last said of each subject."""

from alembic import op

from adapters.postgres.isolation import APP_ROLE, grant, wall_off

revision = "0015"
down_revision = "0014"

SOURCE = """
CREATE TABLE webhook_source (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    scheme text NOT NULL,
    name text NOT NULL,
    secret text NOT NULL,
    created_at timestamptz NOT NULL,
    old_secret text,
    old_until timestamptz,
    version integer NOT NULL,
    PRIMARY KEY (tenant_id, id)
)
"""
NOTICE = """
CREATE TABLE notice (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    source_id uuid NOT NULL,
    scheme text NOT NULL,
    identity text NOT NULL,
    topic text NOT NULL,
    body bytea NOT NULL,
    correlation text NOT NULL,
    sent_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('received', 'accepted', 'stale', 'repeated', 'failed')),
    detail text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source_id, identity)
)
"""
SUBJECT = """
CREATE TABLE notice_subject (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    source_id uuid NOT NULL,
    name text NOT NULL,
    told integer NOT NULL,
    changed_at timestamptz,
    digest bytea NOT NULL,
    notice_id uuid,
    PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 80)
"""
INDEXES = (
    "CREATE INDEX notice_newest ON notice (tenant_id, source_id, id)",
    "CREATE INDEX notice_in_state ON notice (tenant_id, source_id, state, id)",
    "CREATE INDEX notice_old ON notice (tenant_id, received_at)",
)


def upgrade() -> None:
    """A notice outlives its source: it is looked at until its time is over."""
    for statement in (SOURCE, NOTICE, SUBJECT, *INDEXES):
        op.execute(statement)
    for table in ("webhook_source", "notice", "notice_subject"):
        for statement in wall_off(table):
            op.execute(statement)
        op.execute(grant(table, ("SELECT", "INSERT", "UPDATE", "DELETE"), APP_ROLE))


def downgrade() -> None:
    """What was acknowledged and not looked into is lost."""
    for table in ("webhook_source", "notice", "notice_subject"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DELETE FROM queue_job WHERE queue = 'inbound'")
