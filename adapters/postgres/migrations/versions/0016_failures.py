"""How many attempts at a job failed, beside how many were begun: what was lost with a worker is told apart."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """What was attempted before counts as lost."""
    op.execute("ALTER TABLE queue_job ADD COLUMN failures integer NOT NULL DEFAULT 0")


def downgrade() -> None:
    """Attempts are still counted."""
    op.execute("ALTER TABLE queue_job DROP COLUMN failures")
