"""Why an item's numbers are what they are, gathered and as JSON."""

from collections.abc import Sequence

from core.catalogue.item import ItemNotFound
from core.inventory.balance import BUCKETS
from core.kernel.ids import TenantId
from core.kernel.quantity import to_amount
from core.kernel.value import value
from entrypoints.cli.session import Session
from ports.inventory import EntryRow, StockRow

BALANCES_MAX = 500


@value
class StockStory:
    """An item's balances, and its newest ledger entries, newest first."""

    sku: str
    rows: list[StockRow]
    entries: Sequence[EntryRow]


async def read_story(session: Session, tenant: TenantId, sku: str, limit: int) -> StockStory:
    """The story of ``sku``. Raises ItemNotFound."""
    entries = await session.inventory.entries(tenant, sku, before=None, limit=limit)
    if entries is None:
        raise ItemNotFound(f"there is no item with the SKU '{sku}'")
    rows = await session.inventory.stock(tenant, sku=sku, location=None, after=("", "", ""), limit=BALANCES_MAX)
    return StockStory(sku=sku, rows=list(rows), entries=entries)


def row_as_json(row: StockRow) -> dict[str, object]:
    """A balance with its quantities as decimals."""
    amounts = {bucket.value: to_amount(getattr(row.balance, bucket), row.scale) for bucket in BUCKETS}
    return {
        "sku": row.sku,
        "name": row.name,
        "location": row.location,
        "lot": row.lot,
        "on_hand": to_amount(row.balance.on_hand, row.scale),
        **amounts,
        "updated_at": row.updated_at,
    }


def story_as_json(story: StockStory) -> dict[str, object]:
    """The story as one document."""
    entries = [
        {
            "group": entry.group,
            "number": entry.number,
            "location": entry.location,
            "lot": entry.lot,
            "kind": entry.movement.kind,
            "from": entry.movement.source,
            "to": entry.movement.target,
            "quantity": to_amount(entry.movement.quantity, entry.scale),
            "reason": entry.movement.reason,
            "cause": entry.cause,
            "actor": entry.actor,
            "recorded_at": entry.recorded_at,
        }
        for entry in story.entries
    ]
    return {"sku": story.sku, "balances": [row_as_json(row) for row in story.rows], "entries": entries}
