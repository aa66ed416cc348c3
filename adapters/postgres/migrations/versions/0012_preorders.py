"""Items that are sold before their day."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """No item has such a day until somebody says so."""
    op.execute("ALTER TABLE item ADD COLUMN available_on date")


def downgrade() -> None:
    """The days are in the journal; here they are forgotten."""
    op.execute("ALTER TABLE item DROP COLUMN available_on")
