"""``import stock`` and ``import counts``: each row says how much there is; counting it again changes nothing."""

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal

from core.identity.permission import ALL_SCOPES
from core.inventory.acts import Act, ChangeStock, StockAct, StockChanged
from core.inventory.location import CreateLocation, LocationKind, LocationTaken
from core.kernel.errors import DomainError
from core.kernel.ids import TenantId
from core.kernel.value import value
from entrypoints.cli.imports import cells
from entrypoints.cli.imports.columns import Columns, Field
from entrypoints.cli.imports.pipeline import Applied, persisted
from entrypoints.cli.imports.rows import applied
from entrypoints.cli.imports.source import Row
from entrypoints.cli.session import Session

FIELDS = (
    Field(name="sku", aliases=("StockCode", "item code", "product code", "variant sku"), required=True),
    Field(name="location", aliases=("location code", "warehouse", "site", "store")),
    Field(
        name="quantity",
        aliases=("qty", "on_hand", "stock", "on hand quantity", "counted", "units"),
        required=True,
    ),
    Field(name="lot", aliases=("lot code", "batch")),
    Field(name="expires_on", aliases=("expiry", "expiry date", "best before", "use by")),
    Field(name="reason", aliases=("note", "comment")),
)


UNIT = Field(name="unit", aliases=("uom", "unit of measure"))
"""Read where a row may be in another unit than the item's own."""


@value
class StockRow:
    """What a row does to stock, and the row."""

    row: Row
    act: StockAct


class ActReader:
    """Reads rows as acts of one kind; ``reason`` and ``location`` stand in where the row names none."""

    def __init__(self, columns: Columns, act: Act, *, reason: str, location: str) -> None:
        self._columns = columns
        self._act = act
        self._reason = reason
        self._location = location

    def read(self, row: Row) -> StockRow:
        """Raises BadCell."""
        text = self._columns.text
        act = StockAct(
            act=self._act,
            sku=cells.identifier(text(row.cells, "sku"), "sku"),
            location=cells.identifier(text(row.cells, "location") or self._location, "location"),
            quantity=self._quantity(text(row.cells, "quantity")),
            reason=text(row.cells, "reason")[: cells.TEXT_MAX] or self._reason,
            unit=text(row.cells, "unit") or None,
            lot=text(row.cells, "lot") or None,
            expires_on=cells.day(text(row.cells, "expires_on"), "expires_on"),
        )
        return StockRow(row=row, act=act)

    def _quantity(self, text: str) -> Decimal:
        quantity = cells.number(text, "quantity")
        if quantity < 0:
            raise cells.BadCell(f"quantity {quantity} is negative")
        return quantity


class StockImport:
    """Enters counts for one tenant; a shelf that holds as much already is a duplicate."""

    def __init__(self, session: Session, tenant: TenantId, *, create_locations: bool) -> None:
        self._session = session
        self._tenant = tenant
        self._create_locations = create_locations
        self._known: set[str] | None = None

    async def __call__(self, rows: Sequence[StockRow]) -> Applied:
        """Enter them in one transaction."""
        session = self._session
        if self._create_locations:
            await self._open_locations({row.act.location for row in rows})
        command = ChangeStock(acts=tuple(row.act for row in rows))
        outcomes: list[StockChanged | DomainError] = await persisted(
            lambda: session.dispatch.run(command, session.context(self._tenant, ALL_SCOPES)), session.clock
        )
        return applied(rows, outcomes, lambda changed: bool(changed.movements))

    async def _open_locations(self, codes: set[str]) -> None:
        session = self._session
        if self._known is None:
            self._known = {location.code for location in await session.inventory.locations(self._tenant)}
        for code in sorted(codes - self._known):
            command = CreateLocation(code=code, kind=LocationKind.WAREHOUSE)
            # Opened by somebody else meanwhile is as good.
            with suppress(LocationTaken):
                await session.dispatch.run(command, session.context(self._tenant, ALL_SCOPES))
            self._known.add(code)
