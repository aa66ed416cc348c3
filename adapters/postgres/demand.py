"""Demand by item and day."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from adapters.postgres.engine import Connection
from core.forecasting.demand import DemandChange

_ADD = """
INSERT INTO demand_daily AS d (tenant_id, item_id, day, ordered, promised)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::numeric[], $5::numeric[])
ON CONFLICT (tenant_id, item_id, day)
DO UPDATE SET ordered = d.ordered + EXCLUDED.ordered, promised = d.promised + EXCLUDED.promised
"""


class PostgresDemand:
    """See ports.demand.Demand."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, changes: Sequence[DemandChange]) -> None:
        """See the port. Summed and sorted first: one row a key, in one order, so that two batches cannot deadlock."""
        sums: dict[tuple[str, str, object], list[int]] = defaultdict(lambda: [0, 0])
        for change in changes:
            total = sums[change.tenant, change.item, change.day]
            total[0] += change.ordered
            total[1] += change.promised
        keys = sorted(sums, key=str)
        if keys:
            await self._connection.execute(
                _ADD,
                *(list(column) for column in zip(*keys, strict=True)),
                [Decimal(sums[key][0]) for key in keys],
                [Decimal(sums[key][1]) for key in keys],
            )
