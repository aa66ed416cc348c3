"""Monthly partitions of the large tables, made ahead of time on the time within their UUIDv7 key.

A default partition catches what no month covers, so that nothing is ever refused.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from core.kernel.ids import first_id_at

PARTITIONED = ("stock_entry", "orders", "order_line", "fulfilment", "journal")
_STORED = defaultdict(str, journal=" WITH (toast_tuple_target = 8160)")
"""An event of two or three kilobytes is written once and read soon: to compress it costs more than the space."""
MONTHS_BACK = 1
MONTHS_AHEAD = 3


def ensure_partitions(connection: Connection, now: datetime) -> list[str]:
    """Create what is missing from last month to three months ahead; answers the names of those created.

    A month whose rows came before its partition (made by a clock that ran ahead) stays in the default partition: its
    partition cannot be made, and nothing else must wait for it.
    """
    have = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition")))
    known = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relkind = 'p'")))
    tables = [table for table in PARTITIONED if table in known]  # an older schema does not have all of them
    wanted = [
        (table, name, start, end)
        for start, end, suffix in _months(now)
        for table in tables
        for name in (f"{table}_{suffix}",)
        if name not in have
    ]
    made = []
    for table, name, start, end in wanted:
        bounds = f"FROM ('{first_id_at(start)}') TO ('{first_id_at(end)}')"
        try:
            with connection.begin_nested():
                connection.execute(
                    text(f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES {bounds}{_STORED[table]}")
                )
        except IntegrityError:
            continue
        made.append(name)
    for table in tables:
        if f"{table}_default" not in have:
            connection.execute(text(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT{_STORED[table]}"))
            made.append(f"{table}_default")
    return made


def _months(now: datetime) -> Iterator[tuple[datetime, datetime, str]]:
    first = now.year * 12 + now.month - 1 - MONTHS_BACK
    for month in range(first, first + MONTHS_BACK + MONTHS_AHEAD + 1):
        start = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        after = month + 1
        end = datetime(after // 12, after % 12 + 1, 1, tzinfo=UTC)
        yield start, end, f"{start:%Y_%m}"
