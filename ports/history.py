"""Stock as it was: balances as of a moment, why a number is what it is, and the snapshots that make both quick."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from core.inventory.history import ChainEnd, Step
from core.kernel.ids import TenantId
from core.kernel.value import value
from ports.inventory import StockRow


@value
class StockStory:
    """The shelves of an item, and the chain of entries that made them so, newest first. ``ends``: why it stops there.

    Each step says what its own shelf held after it.
    """

    sku: str
    scale: int
    shelves: tuple[StockRow, ...]
    steps: tuple[Step, ...]
    ends: ChainEnd


class StockHistory(Protocol):
    """Reading the past, straight from an entrypoint. The past ends where the ledger does, not where snapshots begin."""

    async def as_of(
        self,
        tenant: TenantId,
        at: datetime,
        *,
        sku: str | None,
        location: str | None,
        after: tuple[str, str, str],
        limit: int,
    ) -> Sequence[StockRow]:
        """Up to ``limit`` balances by (SKU, location code, lot code or nothing), greater than ``after``.

        They are the fold of every entry recorded up to ``at``, that moment included. A shelf without an entry until
        then is not there.
        ``updated_at`` is the time of the last of those entries; a past balance has no version and no backorder limit.
        """
        ...

    async def explain(
        self, tenant: TenantId, sku: str, *, location: str | None, at: datetime | None, limit: int
    ) -> StockStory | None:
        """The item's shelves as of ``at`` (None: as they stand), at ``location`` alone when it is given, and up to
        ``limit`` steps back from there, with what caused them looked up. All of it is seen in one moment.

        None: no such item.
        """
        ...


class Snapshots(Protocol):
    """Keeps the balances at the end of past days."""

    async def now(self) -> datetime:
        """The storage's time: by it a day is over."""
        ...

    async def make(self, tenant: TenantId, through: date) -> int:
        """Make what is missing of the tenant's snapshots up to the end of ``through``; answers how many.

        The first time everything entered until then is folded, afterwards each day is added to the one before. May run
        in several processes at once and be broken off anywhere: a day counts once it is complete, nothing is made
        twice, and whoever finds another at work leaves the rest to it. Writers of the ledger are not kept waiting.
        """
        ...
