"""The way to an item's entries by the time they were recorded; see migration 0004 for why it has two branches."""

from datetime import datetime, timedelta

from core.inventory.balance import BUCKETS
from core.inventory.history import BEGINNING
from core.kernel.ids import first_id_at

MOMENT = timedelta(microseconds=1)
"""The shortest there is: what was recorded up to a moment was recorded before the next."""
IN_STEP = timedelta(hours=1, seconds=1)
"""How far the time in an entry's id may be from the time it was recorded, and a little over for what is rounded."""
FIRST_ID = "00000000-0000-0000-0000-000000000000"
LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
FAR = datetime.max.replace(tzinfo=BEGINNING.tzinfo)
"""After everything recorded, by whatever clock."""

Window = tuple[datetime, datetime, str, str]
"""From and to (exclusive) as times, and the ids that entries in step within them can have."""

FOLDED = ", ".join(
    f"(COALESCE(sum(quantity) FILTER (WHERE target = '{bucket}'), 0)"
    f" - COALESCE(sum(quantity) FILTER (WHERE source = '{bucket}'), 0))::bigint AS {bucket}"
    for bucket in BUCKETS
)
"""Entries as one balance a group."""


def window(start: datetime, end: datetime) -> Window:
    """The window of entries recorded from ``start`` up to ``end``, which is not in it."""
    first = FIRST_ID if start - IN_STEP < BEGINNING else first_id_at(start - IN_STEP)
    last = LAST_ID if end > FAR - IN_STEP else first_id_at(max(end, BEGINNING) + IN_STEP)
    return start, end, first, last


def entries(item: str, parameter: int) -> str:
    """The entries of ``item`` (SQL) of the tenant ``$1`` in the window given as four parameters from ``parameter`` on.

    The ids stand beside the times so that partitions that cannot hold such entries are not looked at.
    """
    start, end, first, last = (f"${parameter + offset}" for offset in range(4))
    of_item = f"SELECT * FROM stock_entry WHERE tenant_id = $1 AND item_id = {item}"
    recorded = f"recorded_at >= {start}::timestamptz AND recorded_at < {end}::timestamptz"
    return f"""
    {of_item} AND group_id >= {first}::uuid AND group_id <= {last}::uuid AND {recorded}
        AND NOT entered_out_of_step(group_id, recorded_at)
    UNION ALL
    {of_item} AND {recorded} AND entered_out_of_step(group_id, recorded_at)
    """
