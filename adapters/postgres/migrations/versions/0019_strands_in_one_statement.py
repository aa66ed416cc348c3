"""Who holds a strand is written down in a statement without a transaction round it, so without a change of roles.

There is nothing in it that is a tenant's.
"""

from alembic import op

from adapters.postgres.isolation import grant

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """What the dispatcher may. He still may: processes of the version before go on as him until they are ended."""
    op.execute(grant("strand", ("SELECT", "INSERT", "UPDATE"), "fluxor_app"))


def downgrade() -> None:
    """The dispatcher may as before."""
    op.execute("REVOKE ALL ON strand FROM fluxor_app")
