"""Whose a held strand is: free as soon as he is gone, not only when his time is over. Messages are not compressed.

One of two or three kilobytes is written once and read soon: to compress it costs more than the space.
"""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Who holds something at the moment is not known: his time ends by itself."""
    for table in ("message_strand", "strand"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN holder integer")
    op.execute("ALTER TABLE strand DROP COLUMN due")  # when a strand was overdue: nothing asks any more
    op.execute("ALTER TABLE message SET (toast_tuple_target = 8160)")


def downgrade() -> None:
    """Only time ends what is held."""
    for table in ("message_strand", "strand"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN holder")
    op.execute("ALTER TABLE strand ADD COLUMN due timestamptz NOT NULL DEFAULT '-infinity'")
    op.execute("ALTER TABLE message RESET (toast_tuple_target)")
