"""Whether who holds a strand keeps it, for what comes next: then nobody else needs to be told of it."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """What is held at the moment is not known to be kept: others are told, as before."""
    op.execute("ALTER TABLE strand ADD COLUMN kept boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    """Others are told of everything."""
    op.execute("ALTER TABLE strand DROP COLUMN kept")
