"""Whose a held strand is: free as soon as he is gone, not only when his time is over."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Who holds something at the moment is not known: his time ends by itself."""
    for table in ("message_strand", "strand"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN holder integer")


def downgrade() -> None:
    """Only time ends what is held."""
    for table in ("message_strand", "strand"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN holder")
