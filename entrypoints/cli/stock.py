"""``fluxor stock``: what is there, and single acts that change it. stock_history.py has what was there, and why."""

from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from core.identity.permission import ALL_SCOPES
from core.inventory.acts import Act, ChangeStock, StockAct, StockChanged
from core.kernel.errors import DomainError
from core.kernel.quantity import to_amount
from entrypoints.cli.options import JsonOption, LimitOption, TenantOption
from entrypoints.cli.output import print_json, print_line, print_table
from entrypoints.cli.running import run_in_session, tenant_named
from entrypoints.cli.session import Session
from entrypoints.cli.stock_story import row_as_json
from ports.inventory import StockRow

group = typer.Typer(no_args_is_help=True, help="What is there, why it is so, and changing it.")

SkuArgument = Annotated[str, typer.Argument(help="The item's SKU.")]
LocationArgument = Annotated[str, typer.Argument(help="The location's code.")]
QuantityArgument = Annotated[str, typer.Argument(help="A decimal number in the item's unit.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept with the entry.")]
UnitOption = Annotated[str | None, typer.Option("--unit", help="One of the item's units; else its own.")]
LotOption = Annotated[str | None, typer.Option("--lot", help="The lot or serial, where stock is kept by it.")]
DayOption = Annotated[str | None, typer.Option("--expires-on", help="The lot's last day, such as 2026-09-30.")]
SHOWN = ("on_hand", "available", "reserved", "committed", "safety_stock", "damaged")


@group.command("list")
def list_stock(
    context: typer.Context,
    tenant: TenantOption,
    sku: Annotated[str | None, typer.Option(help="Only this SKU.")] = None,
    location: Annotated[str | None, typer.Option(help="Only at this location.")] = None,
    after: Annotated[
        tuple[str, str, str], typer.Option(help="Go on after this SKU, location and lot ('' for none).")
    ] = ("", "", ""),
    limit: LimitOption = 100,
    as_json: JsonOption = False,
) -> None:
    """List balances by SKU, location and lot."""

    async def ask(session: Session) -> list[StockRow]:
        owner = await tenant_named(session, tenant)
        return list(await session.inventory.stock(owner, sku=sku, location=location, after=after, limit=limit))

    print_rows(run_in_session(context, ask, as_json=as_json), as_json)


@group.command()
def receive(
    context: typer.Context,
    sku: SkuArgument,
    location: LocationArgument,
    quantity: QuantityArgument,
    tenant: TenantOption,
    reason: Annotated[str | None, typer.Option("--reason", help="Kept with the entry.")] = None,
    unit: UnitOption = None,
    lot: LotOption = None,
    expires_on: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Goods from a supplier arrive and can be sold."""
    act = _read(Act.RECEIVE, sku, location, quantity, reason, unit, lot)
    _do(context, replace(act, expires_on=_day(expires_on)), tenant, as_json)


@group.command(context_settings={"ignore_unknown_options": True})
def adjust(
    context: typer.Context,
    sku: SkuArgument,
    location: LocationArgument,
    quantity: QuantityArgument,
    tenant: TenantOption,
    reason: ReasonOption,
    unit: UnitOption = None,
    lot: LotOption = None,
    as_json: JsonOption = False,
) -> None:
    """Correct what is available by a quantity, which may be negative."""
    _do(context, _read(Act.ADJUST, sku, location, quantity, reason, unit, lot), tenant, as_json)


@group.command()
def count(
    context: typer.Context,
    sku: SkuArgument,
    location: LocationArgument,
    quantity: QuantityArgument,
    tenant: TenantOption,
    reason: ReasonOption,
    unit: UnitOption = None,
    lot: LotOption = None,
    expires_on: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how much somebody counted on the shelf; the difference goes to what is available."""
    act = _read(Act.COUNT, sku, location, quantity, reason, unit, lot)
    _do(context, replace(act, expires_on=_day(expires_on)), tenant, as_json)


def _read(
    act: Act, sku: str, location: str, quantity: str, reason: str | None, unit: str | None, lot: str | None
) -> StockAct:
    try:
        amount = Decimal(quantity)
    except InvalidOperation:
        raise typer.BadParameter(f"'{quantity}' is not a decimal number", param_hint="QUANTITY") from None
    return StockAct(act=act, sku=sku, location=location, quantity=amount, reason=reason, unit=unit, lot=lot)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a day such as 2026-09-30", param_hint="--expires-on") from None


def _do(context: typer.Context, wanted: StockAct, tenant: str, as_json: bool) -> None:
    async def run(session: Session) -> StockChanged:
        owner = await tenant_named(session, tenant)
        context = session.context(owner, ALL_SCOPES)
        outcomes: list[StockChanged | DomainError] = await session.dispatch.run(ChangeStock(acts=(wanted,)), context)
        (outcome,) = outcomes
        if isinstance(outcome, DomainError):
            raise outcome
        return outcome

    done = run_in_session(context, run, as_json=as_json)
    available = to_amount(done.balance.available, done.scale)
    if as_json:
        shelf = {"sku": wanted.sku, "location": wanted.location, "lot": wanted.lot}
        print_json({**shelf, "available": available, "changed": bool(done.movements)})
    else:
        print_line(f"{wanted.sku} at {wanted.location}: {available} available")


def print_rows(rows: list[StockRow], as_json: bool) -> None:
    """Balances as one document, or as a table."""
    if as_json:
        print_json({"items": [row_as_json(row) for row in rows]})
        return
    shown = [
        (
            row.sku,
            row.location,
            row.lot or "",
            *(to_amount(getattr(row.balance, bucket), row.scale) for bucket in SHOWN),
        )
        for row in rows
    ]
    print_table("stock", ("sku", "location", "lot", *SHOWN), shown)
