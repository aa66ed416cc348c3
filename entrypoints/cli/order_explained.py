"""``fluxor order explain``: why an order is promised from where it is, and what would have been."""

from collections.abc import Iterator
from typing import Annotated

import typer

from core.acceptance.events import Explanation, LineExplanation, explanation_of, passed_over
from core.inventory.allocation import Why
from core.inventory.counterfactual import counterfactual
from core.kernel.ids import StreamId
from core.orders.order import Order
from entrypoints.cli.options import JsonOption, TenantOption
from entrypoints.cli.orders import find_order, group
from entrypoints.cli.output import print_json, print_line, print_table
from entrypoints.cli.running import run_in_session, tenant_named
from entrypoints.cli.session import Session

__all__ = ["group"]  # the same as in orders.py, with this command too
_WORDS = {
    None: "covered what was left",
    Why.SHORT: "had too little",
    Why.EXCLUDED: "is closed to the channel",
    Why.KEPT: "keeps its last units for another channel",
    Why.NOT_NEEDED: "was not needed",
}


@group.command()
def explain(
    context: typer.Context,
    order: Annotated[str, typer.Argument(help="The order's id, or its channel's id for it.")],
    tenant: TenantOption,
    as_json: JsonOption = False,
) -> None:
    """Say line by line which locations were tried, why each was taken or not, and what would have been."""

    async def ask(session: Session) -> tuple[Order, Explanation]:
        owner = await tenant_named(session, tenant)
        found = await find_order(session, owner, order)
        events = await session.feed.stream(owner, StreamId(found.facts.order_id))
        return found, explanation_of(event.body for event in events) or Explanation()

    found, explanation = run_in_session(context, ask, as_json=as_json)
    if as_json:
        print_json(
            {
                "order_id": found.facts.order_id,
                "phase": found.phase,
                "reasons": found.reasons,
                "explanation": explanation,
                "passed_over": [
                    {"line": one.number, "component": one.component, "location": one.passed.code}
                    | {"missing": one.passed.missing, "detail": one.passed.words}
                    for one in passed_over(explanation)
                ],
            }
        )
        return
    print_line(f"order {found.facts.order_id} of {found.facts.channel}: {found.phase}")
    for reason in found.reasons:
        print_line(f"because: {reason.detail} ({reason.code})")
    for line in explanation.allocation:
        print_table(_title(line, found), ("location", "available", "kept for others", "taken", "why"), _rows(line))
        for passed in counterfactual(line.allocation):
            print_line(passed.words)


def _title(line: LineExplanation, order: Order) -> str:
    sku = line.component or next((one.sku for one in order.facts.lines if one.number == line.number), "")
    allocation = line.allocation
    wanted = allocation.quantity + allocation.short
    return f"line {line.number}, {sku}: {wanted} base units by {', '.join(allocation.rules) or 'location code'}"


def _rows(line: LineExplanation) -> Iterator[tuple[object, ...]]:
    for one in line.allocation.tried:
        taken = sum(part.quantity for part in line.allocation.parts if part.location == one.location)
        yield one.code, one.available, one.kept or None, taken, _WORDS[one.why]
