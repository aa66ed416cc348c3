"""``import prices``: each row says what an item costs from now on; saying it again changes nothing."""

from collections.abc import Sequence

from core.catalogue.pricing import NewPrice, Priced, SetPrices
from core.identity.permission import ALL_SCOPES
from core.kernel.errors import DomainError
from core.kernel.ids import TenantId
from core.kernel.value import value
from entrypoints.cli.imports import cells
from entrypoints.cli.imports.catalogue import CURRENCY, PRICE, SKU
from entrypoints.cli.imports.columns import Columns, Field
from entrypoints.cli.imports.pipeline import Applied, persisted
from entrypoints.cli.imports.rows import applied
from entrypoints.cli.imports.source import Row
from entrypoints.cli.session import Session

FIELDS = (SKU, Field(name=PRICE.name, aliases=PRICE.aliases, required=True), CURRENCY)


@value
class PriceRow:
    """A price to enter, and its row."""

    row: Row
    new: NewPrice


class PriceReader:
    """Reads rows as prices, in ``currency`` where the row names none."""

    def __init__(self, columns: Columns, currency: str) -> None:
        self._columns = columns
        self._currency = currency

    def read(self, row: Row) -> PriceRow:
        """Raises BadCell, InvalidMoney."""
        text = self._columns.text
        sku = cells.identifier(text(row.cells, "sku"), "sku")
        currency = text(row.cells, "currency").upper() or self._currency
        price = cells.price(text(row.cells, "price"), currency, "price")
        if price is None:
            raise cells.BadCell("price is empty")
        return PriceRow(row=row, new=NewPrice(sku=sku, price=price))


class PriceImport:
    """Enters prices for one tenant; an item that costs as much already is a duplicate."""

    def __init__(self, session: Session, tenant: TenantId) -> None:
        self._session = session
        self._tenant = tenant

    async def __call__(self, rows: Sequence[PriceRow]) -> Applied:
        """Enter them in one transaction."""
        session = self._session
        command = SetPrices(prices=tuple(row.new for row in rows))
        outcomes: list[Priced | DomainError] = await persisted(
            lambda: session.dispatch.run(command, session.context(self._tenant, ALL_SCOPES)), session.clock
        )
        return applied(rows, outcomes, lambda priced: priced.changed)
