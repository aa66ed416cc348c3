"""``fluxor order``: what became of an order, and why."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

from core.kernel.event import RecordedEvent
from core.kernel.ids import OrderId, StreamId, TenantId, is_id
from core.kernel.money import Money, to_decimal
from core.kernel.quantity import to_amount
from core.orders.order import Order, OrderNotFound, Phase
from entrypoints.cli.options import JsonOption, LimitOption, TenantOption
from entrypoints.cli.output import print_json, print_line, print_table
from entrypoints.cli.running import run_in_session, tenant_named
from entrypoints.cli.session import Session
from ports.orders import OrderFilter

group = typer.Typer(no_args_is_help=True, help="What became of an order, and why.")


@group.command()
def show(
    context: typer.Context,
    order: Annotated[str, typer.Argument(help="The order's id, or its channel's id for it.")],
    tenant: TenantOption,
    as_json: JsonOption = False,
) -> None:
    """Show an order with its lines, its events and their explanation."""

    async def ask(session: Session) -> tuple[Order, Sequence[RecordedEvent]]:
        owner = await tenant_named(session, tenant)
        found = await find_order(session, owner, order)
        return found, await session.feed.stream(owner, StreamId(found.facts.order_id))

    found, events = run_in_session(context, ask, as_json=as_json)
    if as_json:
        print_json({**order_as_json(found), "events": [_event_as_json(event) for event in events]})
    else:
        _print_order(found, events)


@group.command("list")
def list_orders(
    context: typer.Context,
    tenant: TenantOption,
    phase: Annotated[Phase | None, typer.Option(help="Only in this phase.")] = None,
    channel: Annotated[str | None, typer.Option(help="Only of this channel.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Only with the channel's id.")] = None,
    before: Annotated[str | None, typer.Option(help="Go on before this order id.")] = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """List orders, newest first."""

    async def ask(session: Session) -> Sequence[Order]:
        owner = await tenant_named(session, tenant)
        wanted = OrderFilter(phase=phase, channel=channel, external_id=external_id)
        start = OrderId(before) if before else None
        return await session.orders.orders(owner, wanted, before=start, limit=limit)

    found = run_in_session(context, ask, as_json=as_json)
    if as_json:
        print_json({"items": [order_as_json(order) for order in found]})
        return
    rows = [
        (
            order.facts.order_id,
            order.facts.external_id,
            order.phase,
            order.facts.customer,
            len(order.facts.lines),
            _total(order),
        )
        for order in found
    ]
    print_table("orders", ("id", "external id", "phase", "customer", "lines", "total"), rows)


async def find_order(session: Session, tenant: TenantId, name: str) -> Order:
    """The order with this id, or its channel's. Raises OrderNotFound."""
    if is_id(name):
        order = await session.orders.order(tenant, OrderId(name))
        found = [] if order is None else [order]
    else:
        wanted = OrderFilter(external_id=name)
        found = list(await session.orders.orders(tenant, wanted, before=None, limit=1))
    if not found:
        raise OrderNotFound(f"there is no order '{name}'")
    return found[0]


def order_as_json(order: Order) -> dict[str, object]:
    """An order with its phase, total and quantities as decimals."""
    facts = order.facts
    lines = [
        {
            "number": line.number,
            "sku": line.sku,
            "ordered": to_amount(line.ordered, line.scale),
            "allocated": to_amount(line.allocated, line.scale),
            "backordered": to_amount(line.backordered, line.scale),
            "parts": [
                {"location_id": part.location, "quantity": to_amount(part.quantity, line.scale)} for part in line.parts
            ],
        }
        for line in facts.lines
    ]
    return {
        "order_id": facts.order_id,
        "job_id": facts.intake_id,
        "phase": order.phase,
        "channel": facts.channel,
        "external_id": facts.external_id,
        "customer": facts.customer,
        "vendor": order.vendor,
        "total": {"amount": _amount(order, facts.currency), "currency": facts.currency} if facts.currency else None,
        "received_at": facts.received_at,
        "reasons": order.reasons,
        "lines": lines,
    }


def _event_as_json(event: RecordedEvent) -> dict[str, object]:
    return {
        "type": event.name,
        "version": event.version,
        "recorded_at": event.recorded_at,
        "actor": event.actor,
        "correlation": event.correlation,
        "body": msgspec.to_builtins(event.body),
    }


def _print_order(order: Order, events: Sequence[RecordedEvent]) -> None:
    facts = order.facts
    print_line(f"order {facts.order_id} ({facts.channel} {facts.external_id or 'without an id'}): {order.phase}")
    print_line(f"customer {facts.customer or 'unknown'}, vendor {order.vendor or 'none'}, total {_total(order)}")
    for reason in order.reasons:
        print_line(f"because: {reason.detail} ({reason.code})")
    rows = [
        (line.number, line.sku, to_amount(line.ordered, line.scale), to_amount(line.allocated, line.scale))
        for line in facts.lines
    ]
    print_table("lines", ("line", "sku", "ordered", "allocated"), rows)
    for event in events:
        print_line(f"{event.recorded_at.isoformat(timespec='seconds')} {event.name} by {event.actor}")
        explanation = getattr(event.body, "explanation", None)
        if explanation is not None:
            print_line(msgspec.json.format(msgspec.json.encode(explanation), indent=2).decode())


def _amount(order: Order, currency: str) -> str:
    return str(to_decimal(Money(minor=order.facts.total, currency=currency)))


def _total(order: Order) -> str:
    currency = order.facts.currency
    return f"{_amount(order, currency)} {currency}" if currency else "unpriced"
