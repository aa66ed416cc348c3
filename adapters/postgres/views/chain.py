"""From an item's numbers back through the entries that made them, and what caused those."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from adapters.postgres.engine import Connection
from adapters.postgres.past import FAR, MOMENT, Window, entries, window
from adapters.postgres.views.causes import known_causes
from adapters.postgres.views.inventory import to_movement
from core.inventory.cause import cause_of
from core.inventory.history import BEGINNING, Chain, ChainEnd, PastEntry, Step, cut, follow, with_causes
from core.kernel.ids import GroupId, ItemId, TenantId
from ports.inventory import StockRow

FIRST_SLICE = timedelta(hours=1)
WIDER = 8
"""Each slice of the past reaches so many times as far back as the one after it: a busy item is read no further than
needed, and eight slices reach back to the beginning."""
_PAGE = f"""
SELECT e.*, l.code FROM ({entries("$2", 3)}) AS e
CROSS JOIN LATERAL (SELECT code FROM location WHERE tenant_id = $1 AND id = e.location_id OFFSET 0) l
WHERE e.location_id = ANY($7::uuid[])
  AND ($8::timestamptz IS NULL OR (e.recorded_at, e.group_id, e.number) < ($8, $9::uuid, $10::int))
ORDER BY e.recorded_at DESC, e.group_id DESC, e.number DESC LIMIT $11
"""


async def chain_of(
    connection: Connection,
    tenant: TenantId,
    item: ItemId,
    shelves: Iterable[StockRow],
    at: datetime | None,
    limit: int,
) -> tuple[tuple[Step, ...], ChainEnd]:
    """Up to ``limit`` steps back from the item's ``shelves`` as of ``at``, None for now, and why there are no more."""
    chain = Chain(before={row.balance.key: row.balance for row in shelves})
    latest = at or await connection.fetchval("SELECT now()")
    for within in _slices(latest, FAR if at is None else at + MOMENT):
        chain = await _through(connection, tenant, item, chain, within, limit + 1)
        if len(chain.steps) > limit or not chain.before:
            break
    steps, ends = cut(chain, limit)
    causes = {step.entry.cause for step in steps if step.entry.cause}
    return with_causes(steps, await known_causes(connection, tenant, causes)), ends


def _slices(latest: datetime, end: datetime) -> Iterator[Window]:
    length = FIRST_SLICE
    while end > BEGINNING:
        start = max(BEGINNING, latest - length)
        yield window(start, end)
        end, length = start, length * WIDER


async def _through(
    connection: Connection, tenant: TenantId, item: ItemId, chain: Chain, within: Window, limit: int
) -> Chain:
    """The chain through one slice, until it has ``limit`` steps or all its shelves are anchored."""
    place: tuple[datetime | None, str | None, int | None] = (None, None, None)
    while chain.before and len(chain.steps) < limit:
        wanted = limit - len(chain.steps)
        locations = list({key.location for key in chain.before})
        rows = await connection.fetch(_PAGE, tenant, item, *within, locations, *place, wanted)
        page = [_to_past(row) for row in rows]
        chain = follow(chain, page)
        if len(page) < wanted:
            break
        place = (page[-1].recorded_at, page[-1].group, page[-1].number)
    return chain


def _to_past(row: Any) -> PastEntry:
    return PastEntry(
        group=GroupId(str(row["group_id"])),
        number=row["number"],
        location=row["code"],
        movement=to_movement(row),
        cause=cause_of(row["cause"]),
        actor=row["actor"],
        recorded_at=row["recorded_at"],
    )
