"""The past once more, from the journal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from adapters.postgres.engine import Connection, Database
from adapters.postgres.journal import place_of
from adapters.toolkit.past import REPLAYED, country_in, to_happening
from core.acceptance.what_if import Decided, Happening
from core.kernel.event import Cursor
from core.kernel.ids import TenantId
from ports.replay import Happened

_EVENTS = """
SELECT name, payload, recorded_at, transaction_id::text, position FROM journal
WHERE tenant_id = $1 AND (transaction_id, position) > ($2::text::xid8, $3)
  AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
  AND recorded_at > $4 AND recorded_at <= $5 AND name = ANY($6::text[])
ORDER BY journal.transaction_id, journal.position LIMIT $7
"""
_BODIES = "SELECT id, body FROM intake WHERE tenant_id = $1 AND id = ANY($2::uuid[])"


class PostgresPast:
    """See ports.replay.Past."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def happened(
        self, tenant: TenantId, since: datetime, until: datetime, *, after: Cursor, limit: int
    ) -> Happened:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_EVENTS, tenant, *place_of(after), since, until, list(REPLAYED), limit)
            bare = [to_happening(row["name"], row["payload"], row["recorded_at"]) for row in rows]
            happenings = await _with_countries(connection, tenant, bare)
        last = rows[-1] if len(rows) == limit else None
        more = None if last is None else Cursor(f"{last['transaction_id']}-{last['position']}")
        return Happened(happenings=happenings, next=more)


async def _with_countries(
    connection: Connection, tenant: TenantId, happenings: Sequence[Happening]
) -> Sequence[Happening]:
    wanted = [one.facts.intake_id for one in happenings if isinstance(one, Decided)]
    rows = await connection.fetch(_BODIES, tenant, wanted) if wanted else []
    countries = {str(row["id"]): country_in(row["body"]) for row in rows}
    return [
        replace(one, country=countries.get(one.facts.intake_id)) if isinstance(one, Decided) else one
        for one in happenings
    ]
