"""Who holds which strand of a broker that counts nothing itself, and what was handed out of it."""

from alembic import op

from adapters.postgres.isolation import grant

revision = "0017"
down_revision = "0016"

STRAND = """
CREATE TABLE strand (
    queue text NOT NULL,
    priority smallint NOT NULL,
    strand smallint NOT NULL,
    fence bigint NOT NULL DEFAULT 0,
    held_until timestamptz NOT NULL DEFAULT '-infinity',
    taken_at timestamptz NOT NULL DEFAULT '-infinity',
    position bigint NOT NULL DEFAULT 0,
    first text NOT NULL DEFAULT '',
    tried integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    due timestamptz NOT NULL DEFAULT '-infinity',
    in_hand integer NOT NULL DEFAULT 0,
    behind integer NOT NULL DEFAULT 0,
    PRIMARY KEY (queue, priority, strand)
) WITH (fillfactor = 50)
"""


def upgrade() -> None:
    """Only the dispatcher carries messages."""
    op.execute(STRAND)
    op.execute(grant("strand", ("SELECT", "INSERT", "UPDATE"), "fluxor_dispatch"))


def downgrade() -> None:
    """What is not ended is handed out again as if for the first time, and a log from its beginning: the inbox knows."""
    op.execute("DROP TABLE strand")
