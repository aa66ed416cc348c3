"""An operator looks back: what was there, why it is so, and the snapshots that make it quick."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from composition.cli import operations
from composition.session import open_session
from composition.settings import Settings
from core.catalogue.item import CreateItem, CreateItems
from core.identity.permission import ALL_SCOPES
from core.inventory.location import CreateLocation, LocationKind
from entrypoints.cli.main import build

LONG_AGO = "2026-01-01T12:00:00Z"


@pytest.fixture(scope="module")
def run(database_url: str) -> Any:
    """Runs commands on a database with a tenant, an item and a place."""
    settings = Settings.from_environment({"LOG_LEVEL": "error"})
    root = build(replace(operations(), session=lambda: open_session(settings, database_url)))

    def command(*arguments: str) -> Any:
        return CliRunner().invoke(root, list(arguments))

    async def furnish() -> None:
        async with open_session(settings, database_url) as session:
            (tenant,) = await session.tenants.tenants()
            context = session.context(tenant.id, ALL_SCOPES)
            await session.dispatch.run(CreateItems(items=(CreateItem(sku="A", name="a"),)), context)
            await session.dispatch.run(CreateLocation(code="W1", kind=LocationKind.WAREHOUSE), context)

    assert command("tenant", "create", "shop").exit_code == 0
    asyncio.run(furnish())
    assert command("stock", "receive", "A", "W1", "12", "-t", "shop", "--reason", "opening stock").exit_code == 0
    asyncio.run(_let_it_be_long_ago(database_url))
    assert command("stock", "count", "A", "W1", "10", "-t", "shop", "--reason", "cycle count").exit_code == 0
    assert command("stock", "adjust", "A", "W1", "-3", "-t", "shop", "--reason", "broken").exit_code == 0
    return command


async def _let_it_be_long_ago(url: str) -> None:
    owner = await asyncpg.connect(url)
    await owner.execute("UPDATE stock_entry SET recorded_at = $1", datetime.fromisoformat(LONG_AGO))
    await owner.close()


def test_snapshots_are_made_on_demand_and_once(run: Any) -> None:
    first = json.loads(run("db", "snapshots", "--json").stdout)
    assert first["made"] == 1
    assert first["through"] <= (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    assert run("db", "snapshots").stdout == f"0 snapshots made, up to the end of {first['through']}\n"
    assert json.loads(run("doctor", "--json").stdout)["ok"]


def test_what_was_there_at_a_moment(run: Any) -> None:
    then = json.loads(run("stock", "as-of", LONG_AGO, "-t", "shop", "--json").stdout)
    assert [(row["sku"], row["location"], row["available"]) for row in then["items"]] == [("A", "W1", "12")]
    assert json.loads(run("stock", "as-of", "2026-01-01T11:59Z", "-t", "shop", "--json").stdout)["items"] == []
    table = run("stock", "as-of", LONG_AGO, "-t", "shop", "--sku", "A").stdout
    assert "available" in table
    assert "12" in table


def test_why_it_is_seven(run: Any) -> None:
    story = json.loads(run("stock", "explain", "A", "-t", "shop", "--json").stdout)
    assert [step["says"] for step in story["steps"]] == [
        "3 taken away: broken, by cli",
        "counted 10 by cli: cycle count",
    ]
    assert (story["ends"], story["balances"][0]["available"]) == ("count", "7")
    then = run("stock", "explain", "A", "-t", "shop", "--at", LONG_AGO, "--location", "W1")
    assert "12 received from a supplier: opening stock, by cli" in then.stdout
    assert "this is the beginning" in then.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("as-of", "yesterday"), 2, "not a moment"),
        (("as-of", "2026-01-01T00:00:00"), 2, "not a moment"),
        (("as-of", "2400-01-01T00:00:00Z"), 1, "moment_in_the_future"),
        (("explain", "A", "--at", "2400-01-01T00:00:00Z"), 1, "moment_in_the_future"),
        (("explain", "NONE"), 1, "item_not_found"),
    ],
)
def test_what_cannot_be_answered_is_refused(run: Any, arguments: tuple[str, ...], code: int, words: str) -> None:
    refused = run("stock", *arguments, "-t", "shop")
    assert (refused.exit_code != 0, words in refused.output) == (True, True), refused.output
    assert (refused.exit_code == 2) == (code == 2)
