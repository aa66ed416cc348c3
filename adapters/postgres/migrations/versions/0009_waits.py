"""Sagas that wait for others: by what wakes them, one of a key at a time; and until when a location is to answer."""

from alembic import op

revision = "0009"
down_revision = "0008"

SAGA = "ALTER TABLE saga ADD COLUMN subject uuid, ADD COLUMN key text"
INDEXES = (
    """CREATE INDEX saga_subject ON saga (tenant_id, subject)
    WHERE subject IS NOT NULL AND status IN ('running', 'stuck')""",
    "CREATE INDEX saga_key ON saga (tenant_id, name, key, id) WHERE key IS NOT NULL",
    "CREATE UNIQUE INDEX saga_running_key ON saga (tenant_id, name, key) WHERE key IS NOT NULL AND status = 'running'",
)
FULFILMENT = "ALTER TABLE fulfilment ADD COLUMN answer_by timestamptz"


def upgrade() -> None:
    """Columns that are empty for all there is."""
    op.execute(SAGA)
    for statement in INDEXES:
        op.execute(statement)
    op.execute(FULFILMENT)


def downgrade() -> None:
    """Sagas that wait are woken by their time limits alone; nobody is told when an answer is due, or has to give it."""
    op.execute("ALTER TABLE fulfilment DROP COLUMN answer_by")
    op.execute("ALTER TABLE saga DROP COLUMN subject, DROP COLUMN key")
    op.execute("DELETE FROM setting WHERE name = 'policy:fulfilment'")
