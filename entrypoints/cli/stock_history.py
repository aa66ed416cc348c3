"""``fluxor stock as-of`` and ``fluxor stock explain``: what was there, and why it was so."""

from datetime import datetime
from typing import Annotated

import typer

from core.catalogue.item import ItemNotFound
from core.inventory.history import ChainEnd, past_moment
from core.inventory.words import sentence
from core.kernel.quantity import to_amount
from entrypoints.cli.options import JsonOption, LimitOption, TenantOption
from entrypoints.cli.output import print_json, print_line, print_table
from entrypoints.cli.running import run_in_session, tenant_named
from entrypoints.cli.session import Session
from entrypoints.cli.stock import SkuArgument, group, print_rows
from entrypoints.cli.stock_story import row_as_json, story_as_json
from ports.history import StockStory
from ports.inventory import StockRow

__all__ = ["group"]  # the same as in stock.py, with these commands too

ENDS = {
    ChainEnd.LIMIT: "there is more before it: ask with a larger --limit",
    ChainEnd.BEGINNING: "this is the beginning",
    ChainEnd.COUNT: "counted by a person: what lies before does not explain the number any more",
}


def read_moment(text: str) -> datetime:
    """The moment in ``text``. Raises BadParameter unless it is a date and time with a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(f"'{text}' is not a moment like 2026-03-01T12:00:00Z")
    return moment


Moment = Annotated[datetime, typer.Argument(parser=read_moment, metavar="TIME", help="Date and time, with a zone.")]
MomentOption = Annotated[
    datetime | None, typer.Option("--at", parser=read_moment, metavar="TIME", help="As of when; now when left out.")
]


@group.command("as-of")
def as_of(
    context: typer.Context,
    time: Moment,
    tenant: TenantOption,
    sku: Annotated[str | None, typer.Option(help="Only this SKU.")] = None,
    location: Annotated[str | None, typer.Option(help="Only at this location.")] = None,
    after: Annotated[tuple[str, str, str], typer.Option(help="Go on after this SKU, location and lot.")] = ("", "", ""),
    limit: LimitOption = 100,
    as_json: JsonOption = False,
) -> None:
    """List balances as they were at a moment."""

    async def ask(session: Session) -> list[StockRow]:
        owner, at = await tenant_named(session, tenant), past_moment(time, session.clock.now())
        found = await session.history.as_of(owner, at, sku=sku, location=location, after=after, limit=limit)
        return list(found)

    rows = run_in_session(context, ask, as_json=as_json)
    if as_json:
        print_json({"at": time, "items": [row_as_json(row) for row in rows]})
    else:
        print_rows(rows, as_json=False)


@group.command()
def explain(
    context: typer.Context,
    sku: SkuArgument,
    tenant: TenantOption,
    at: MomentOption = None,
    location: Annotated[str | None, typer.Option(help="Only at this location.")] = None,
    limit: LimitOption = 20,
    as_json: JsonOption = False,
) -> None:
    """Say why the numbers of an item are what they are: its balances, and the way back through what made them."""

    async def ask(session: Session) -> StockStory:
        owner = await tenant_named(session, tenant)
        moment = at and past_moment(at, session.clock.now())
        story = await session.history.explain(owner, sku, location=location, at=moment, limit=limit)
        if story is None:
            raise ItemNotFound(f"there is no item with the SKU '{sku}'")
        return story

    story = run_in_session(context, ask, as_json=as_json)
    if as_json:
        print_json(story_as_json(story, at))
        return
    print_rows(list(story.shelves), as_json=False)
    shown = [
        (
            step.entry.recorded_at,
            step.entry.location,
            to_amount(step.available, story.scale),
            to_amount(step.on_hand, story.scale),
            sentence(step, story.scale),
        )
        for step in story.steps
    ]
    print_table("newest first", ("when", "location", "available", "on_hand", "what happened"), shown)
    print_line(ENDS[story.ends])
