"""``import stock``: each row says how much there is; counting it makes it so, and counting it again changes nothing."""

from collections.abc import Iterable, Iterator, Sequence
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
from entrypoints.cli.imports.pipeline import Applied, Chunk, persisted
from entrypoints.cli.imports.rejects import Reject
from entrypoints.cli.imports.source import Row
from entrypoints.cli.session import Session

TOGETHER = 500
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


@value
class Counted:
    """A count to enter, and its row."""

    row: Row
    act: StockAct


class CountReader:
    """Reads rows as counts; ``reason`` and ``location`` stand in where the row names none."""

    def __init__(self, columns: Columns, *, reason: str, location: str) -> None:
        self._columns = columns
        self._reason = reason
        self._location = location

    def act(self, row: Row) -> StockAct:
        """Raises BadCell."""
        if row.problem:
            raise cells.BadCell(row.problem)
        text = self._columns.text
        return StockAct(
            act=Act.COUNT,
            sku=cells.identifier(text(row.cells, "sku"), "sku"),
            location=cells.identifier(text(row.cells, "location") or self._location, "location"),
            quantity=self._quantity(text(row.cells, "quantity")),
            reason=text(row.cells, "reason")[: cells.TEXT_MAX] or self._reason,
            lot=text(row.cells, "lot") or None,
            expires_on=cells.day(text(row.cells, "expires_on"), "expires_on"),
        )

    def _quantity(self, text: str) -> Decimal:
        quantity = cells.number(text, "quantity")
        if quantity < 0:
            raise cells.BadCell(f"quantity {quantity} is negative")
        return quantity


def chunks_of(rows: Iterable[Row], reader: CountReader, skipped: int) -> Iterator[Chunk[Counted]]:
    """One count a row, ``TOGETHER`` rows a chunk."""
    counts: list[Counted] = []
    rejects: list[Reject] = []
    number = skipped
    for number, row in enumerate(rows, start=skipped + 1):
        try:
            counts.append(Counted(row=row, act=reader.act(row)))
        except DomainError as refusal:
            rejects.append(Reject(row=row, reason=refusal.detail))
        if len(counts) + len(rejects) >= TOGETHER:
            yield Chunk(items=tuple(counts), rejects=tuple(rejects), rows=number)
            counts, rejects = [], []
    if counts or rejects:
        yield Chunk(items=tuple(counts), rejects=tuple(rejects), rows=number)


class StockImport:
    """Enters counts for one tenant; a shelf that holds as much already is a duplicate."""

    def __init__(self, session: Session, tenant: TenantId, *, create_locations: bool) -> None:
        self._session = session
        self._tenant = tenant
        self._create_locations = create_locations
        self._known: set[str] | None = None

    async def __call__(self, counts: Sequence[Counted]) -> Applied:
        """Enter them in one transaction."""
        session = self._session
        if self._create_locations:
            await self._open_locations({counted.act.location for counted in counts})
        command = ChangeStock(acts=tuple(counted.act for counted in counts))
        outcomes: list[StockChanged | DomainError] = await persisted(
            lambda: session.dispatch.run(command, session.context(self._tenant, ALL_SCOPES)), session.clock
        )
        rejects = tuple(
            Reject(row=counted.row, reason=outcome.detail)
            for counted, outcome in zip(counts, outcomes, strict=True)
            if isinstance(outcome, DomainError)
        )
        accepted = sum(isinstance(outcome, StockChanged) and bool(outcome.movements) for outcome in outcomes)
        return Applied(accepted=accepted, duplicates=len(counts) - accepted - len(rejects), rejects=rejects)

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
