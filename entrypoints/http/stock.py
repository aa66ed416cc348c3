"""Stock: acts on the ledger, its entries, products. Balances, now and before, are in history.py."""

from decimal import Decimal

from core.identity.permission import Scope
from core.inventory.acts import Act, ChangeStock, StockAct, StockChanged
from core.inventory.balance import Account, Balance, Movement
from core.kernel.errors import DomainError, NotFound
from core.kernel.quantity import to_amount
from entrypoints.http.paging import Page, PageQuery, page_of
from entrypoints.http.routes import STOCK_KNOWN, Call, Reply, Route
from entrypoints.http.stock_fields import (
    Buckets,
    NewAdjustment,
    NewCount,
    NewMove,
    NewReceipt,
    ShownChange,
    ShownEntry,
    ShownMovement,
    ShownProduct,
    ShownStock,
    StockQuery,
)
from ports.inventory import EntryRow, StockRow


async def receive(call: Call) -> Reply:
    """Receive goods."""
    return await _change(call, Act.RECEIVE)


async def adjust(call: Call) -> Reply:
    """Correct a balance."""
    return await _change(call, Act.ADJUST)


async def count(call: Call) -> Reply:
    """Enter a count."""
    return await _change(call, Act.COUNT)


async def move(call: Call) -> Reply:
    """Move between buckets."""
    body: NewMove = call.body
    return await _change(call, Act.MOVE, body.from_bucket, body.to_bucket)


async def list_inventory(call: Call) -> Reply:
    """Products with what is on hand (SPEC INV-05), one line a location."""
    query: StockQuery = call.query
    after = call.place("inventory", tuple[str, str, str]) or ("", "", "")
    rows = await call.parts.views.inventory.stock(
        call.tenant, sku=query.sku, location=query.location, after=after, limit=query.limit + 1
    )
    page = page_of(rows, query.limit, _show_product, lambda row: call.cursor("inventory", place_of(row)))
    return call.reply(page)


async def list_entries(call: Call) -> Reply:
    """The ledger of one item, newest first."""
    query: PageQuery = call.query
    sku = call.path["sku"]
    before = call.place(f"entries of {sku}", tuple[str, int])
    rows = await call.parts.views.inventory.entries(call.tenant, sku, before=before, limit=query.limit + 1)
    if rows is None:
        raise NotFound(f"there is no item with the SKU '{sku}'")
    page = page_of(
        rows, query.limit, _show_entry, lambda row: call.cursor(f"entries of {sku}", [row.group, row.number])
    )
    return call.reply(page)


def show_buckets(balance: Balance, incoming: int, scale: int) -> Buckets:
    """A balance, and what is to come to it, in the item's unit of measure."""
    return Buckets(**_amounts(balance, incoming, scale))


def show_stock(row: StockRow) -> ShownStock:
    """A balance with the names of its item and location."""
    amounts = _amounts(row.balance, row.incoming, row.scale)
    return ShownStock(sku=row.sku, location=row.location, lot=row.lot, updated_at=row.updated_at, **amounts)


async def _change(call: Call, act: Act, source: Account | None = None, target: Account | None = None) -> Reply:
    return await call.run(ChangeStock(acts=(act_of(act, call.body, source, target),)), _show_change)


def act_of(
    act: Act,
    body: NewReceipt | NewAdjustment | NewCount | NewMove,
    source: Account | None = None,
    target: Account | None = None,
) -> StockAct:
    """What ``body`` asks for."""
    return StockAct(
        act=act,
        sku=body.sku,
        location=body.location,
        quantity=body.quantity,
        reason=body.reason,
        source=source,
        target=target,
        unit=body.unit,
        lot=body.lot,
        expires_on=body.expires_on if isinstance(body, NewReceipt | NewCount) else None,
    )


def place_of(row: StockRow) -> list[str]:
    """Where a row comes in a list of stock: what its cursor says."""
    return [row.sku, row.location, row.lot or ""]


def _show_change(outcomes: list[StockChanged | DomainError]) -> ShownChange:
    (changed,) = outcomes
    if isinstance(changed, DomainError):
        raise changed
    entries = [_show_movement(movement, changed.scale) for movement in changed.movements]
    only = entries[0] if len(entries) == 1 else None
    return ShownChange(
        group_id=changed.group,
        sku=changed.act.sku,
        location=changed.act.location,
        quantity=to_amount(changed.units, changed.scale),
        unit=changed.act.unit,
        lot=changed.act.lot,
        entries=entries,
        balance=show_buckets(changed.balance, changed.incoming, changed.scale),
        kind=only.kind if only else None,
        from_bucket=only.from_bucket if only else None,
        to_bucket=only.to_bucket if only else None,
    )


def _show_movement(movement: Movement, scale: int) -> ShownMovement:
    return ShownMovement(
        kind=movement.kind,
        from_bucket=movement.source,
        to_bucket=movement.target,
        quantity=to_amount(movement.quantity, scale),
        reason=movement.reason,
    )


def _show_entry(row: EntryRow) -> ShownEntry:
    return ShownEntry(
        kind=row.movement.kind,
        from_bucket=row.movement.source,
        to_bucket=row.movement.target,
        quantity=to_amount(row.movement.quantity, row.scale),
        reason=row.movement.reason,
        group_id=row.group,
        number=row.number,
        sku=row.sku,
        location=row.location,
        lot=row.lot,
        cause=row.cause,
        actor=row.actor,
        recorded_at=row.recorded_at,
    )


def _show_product(row: StockRow) -> ShownProduct:
    return ShownProduct(
        product_id=row.balance.key.item,
        product_name=row.name,
        sku=row.sku,
        location=row.location,
        lot=row.lot,
        current_stock=to_amount(row.balance.on_hand, row.scale),
        last_updated=row.updated_at,
    )


def _amounts(balance: Balance, incoming: int, scale: int) -> dict[str, Decimal]:
    units = {
        "on_hand": balance.on_hand,
        "available": balance.available,
        "reserved": balance.reserved,
        "committed": balance.committed,
        "picked": balance.picked,
        "quality_control": balance.quality_control,
        "damaged": balance.damaged,
        "safety_stock": balance.safety_stock,
        "in_transit": balance.in_transit,
        "incoming": incoming,
        "backordered": max(0, -balance.available),
    }
    return {bucket: to_amount(amount, scale) for bucket, amount in units.items()}


ROUTES = (
    Route(
        method="POST", path="/stock/receipts", summary="Receive goods", handle=receive, tag="stock",
        body=NewReceipt, answer=ShownChange, status=201, scope=Scope.STOCK_WRITE, refusals=(409, 422),
    ),
    Route(
        method="POST", path="/stock/adjustments", summary="Correct a balance", handle=adjust, tag="stock",
        body=NewAdjustment, answer=ShownChange, status=201, scope=Scope.STOCK_WRITE, refusals=(409, 422),
    ),
    Route(
        method="POST", path="/stock/counts", summary="Enter a count", handle=count, tag="stock",
        body=NewCount, answer=ShownChange, status=201, scope=Scope.STOCK_WRITE, refusals=(409, 422),
    ),
    Route(
        method="POST", path="/stock/moves", summary="Move between buckets", handle=move, tag="stock",
        body=NewMove, answer=ShownChange, status=201, scope=Scope.STOCK_WRITE, refusals=(409, 422),
    ),
    Route(
        method="GET", path="/stock/{sku:str}/entries", summary="The ledger of an item", handle=list_entries,
        tag="stock", query=PageQuery, answer=Page[ShownEntry], scope=Scope.STOCK_READ, refusals=(404,),
    ),
    Route(
        method="GET", path="/inventory", summary="Products and what is on hand", handle=list_inventory, tag="stock",
        query=StockQuery, answer=Page[ShownProduct], scope=Scope.STOCK_READ, known_for=STOCK_KNOWN,
    ),
)  # fmt: skip
