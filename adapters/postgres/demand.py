"""Demand by item and day."""

from collections.abc import Sequence

from adapters.postgres.engine import Connection
from core.forecasting.demand import DemandChange

# Sums know no bound, so they are numbers of any size: handed over as text, which the driver writes without detours.
_ADD = """
INSERT INTO demand_daily AS d (tenant_id, item_id, day, ordered, promised)
SELECT tenant_id, item_id, day, ordered::numeric, promised::numeric FROM unnest($1::demand_row[])
ON CONFLICT (tenant_id, item_id, day)
DO UPDATE SET ordered = d.ordered + EXCLUDED.ordered, promised = d.promised + EXCLUDED.promised
"""


class PostgresDemand:
    """See ports.demand.Demand."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, changes: Sequence[DemandChange]) -> None:
        """See the port. In the order of the keys, so that two batches cannot deadlock."""
        if changes:
            rows = [(one.tenant, one.item, one.day, str(one.ordered), str(one.promised)) for one in changes]
            await self._connection.execute(_ADD, sorted(rows))
