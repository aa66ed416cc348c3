"""Is PostgreSQL there, at the schema this code needs, and free of a transaction that holds everybody back?"""

from collections.abc import Mapping

import asyncpg

from adapters.postgres.engine import Database
from ports.transaction import StorageUnavailable

_OLDEST = """
SELECT COALESCE(max(extract(epoch FROM now() - xact_start)), 0)::float8 FROM pg_stat_activity
WHERE backend_xid IS NOT NULL OR backend_xmin IS NOT NULL AND backend_type = 'client backend'
"""
OLDEST_SECONDS = 60.0
# The server tells a role of its own sessions only, and nobody logs in as the one connections act as.
_AS_WHO_LOGGED_IN = "SET LOCAL ROLE NONE"


class PostgresHealth:
    """See ports.health.Health."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def checks(self) -> Mapping[str, str | None]:
        """``database`` answers; ``schema`` is there; ``transactions`` are short."""
        found: dict[str, str | None] = dict.fromkeys(("database", "schema", "transactions"))
        try:
            async with self._database.acquire() as connection:
                if await connection.fetchval("SELECT to_regclass('journal')", timeout=2) is None:
                    found["schema"] = "the schema is missing: run fluxor db migrate"
                async with connection.transaction():
                    await connection.execute(_AS_WHO_LOGGED_IN, timeout=2)
                    oldest = await connection.fetchval(_OLDEST, timeout=2)
                if oldest > OLDEST_SECONDS:
                    found["transactions"] = f"one has been open for {oldest:.0f} s; the journal's readers wait for it"
        except (StorageUnavailable, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            found["database"] = str(error) or type(error).__name__
        return found
