"""The large measurement in small: it runs, and what it measures is right."""

import asyncio
from datetime import UTC, datetime

from adapters.postgres.engine import Database
from adapters.postgres.invariants import PostgresInvariants
from tests.load.ledger import TENANT
from tests.load.stock_history import Measured, Sizes, measured


def test_looking_back_is_measured_on_a_sound_ledger(database_url: str) -> None:
    async def run() -> tuple[Measured, list[str]]:
        sizes = Sizes(skus=6, locations=3, days=5, entries=2000, questions=20)
        figures = await measured(database_url, sizes, datetime.now(UTC))
        database = Database(database_url, 1)
        await database.open()
        found = await PostgresInvariants(database).violations(TENANT)
        await database.close()
        return figures, [violation.invariant.split()[0] for violation in found]

    figures, broken = asyncio.run(run())
    assert not {"I1", "I2", "I15"} & {*broken}
    assert "tenant_id_item_id_recorded_at_idx" in figures.plan, "entries out of step come from their index"
    assert "Subplans Removed" in figures.plan, "partitions without entries in step are not looked at"
    assert "Seq Scan" not in figures.plan
    assert "as_of of one SKU without snapshots" in figures.table()
