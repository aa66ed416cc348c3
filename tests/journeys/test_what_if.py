"""A merchant asks why an order came from where it did, and what another policy would have done to all of them."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from composition.cli import operations
from composition.session import open_session
from composition.settings import Settings
from core.identity.permission import ALL_SCOPES
from core.inventory.location import CreateLocation, LocationKind
from entrypoints.cli.main import build

ORDERS = """Invoice,StockCode,Description,Quantity,InvoiceDate,Price,CustomerID,Country
1,TEA,tea,5,2010-12-01 08:26:00,1.00,17850,Germany
2,TEA,tea,4,2010-12-01 08:27:00,1.00,17851,France
3,TEA,tea,50,2010-12-01 08:28:00,1.00,17852,France
"""
CHEAPEST = {"rules": ["cost"], "costs": {"BERLIN": {"FR": 1, "*": 9}, "LYON": {"*": 5}}}


@pytest.fixture(scope="module")
def run(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs commands on a database with three decided orders and two places."""
    folder = tmp_path_factory.mktemp("what-if")
    settings = Settings.from_environment({"FLUXOR_DATA_DIR": str(folder), "LOG_LEVEL": "error"})
    root = build(replace(operations(), session=lambda: open_session(settings, database_url)))

    def command(*arguments: str) -> Any:
        result = CliRunner().invoke(root, list(arguments))
        assert result.exit_code == 0, result.output
        return result.stdout

    async def furnish() -> None:
        async with open_session(settings, database_url) as session:
            (tenant,) = await session.tenants.tenants()
            context = session.context(tenant.id, ALL_SCOPES)
            for code, priority in (("BERLIN", 2), ("LYON", 1)):
                place = CreateLocation(code=code, kind=LocationKind.WAREHOUSE, priority=priority)
                await session.dispatch.run(place, context)

    orders = _file(folder / "orders.csv", ORDERS)
    command("tenant", "create", "shop")
    asyncio.run(furnish())
    command("import", "catalogue", orders, "--tenant", "shop")
    command("stock", "receive", "TEA", "BERLIN", "20", "-t", "shop", "--reason", "opening stock")
    command("stock", "receive", "TEA", "LYON", "4", "-t", "shop", "--reason", "opening stock")
    command("import", "orders", orders, "--tenant", "shop")
    return command


def _file(place: Path, text: str) -> str:
    place.write_text(text, encoding="utf-8")
    return str(place)


async def _counted(url: str) -> list[int]:
    owner = await asyncpg.connect(url)
    counts = [await owner.fetchval(f"SELECT count(*) FROM {table}") for table in ("stock_entry", "journal", "orders")]
    await owner.close()
    return counts


def test_an_order_explains_where_it_came_from_and_what_would_have_been(run: Any) -> None:
    told = run("order", "explain", "1", "-t", "shop")
    assert "covered what was left" in told
    assert "was not needed" in told
    assert "would have been LYON with 1 base units more" in told
    story = json.loads(run("order", "explain", "3", "-t", "shop", "--json"))
    assert story["reasons"][0]["code"] == "insufficient_stock"
    assert [(one["location"], one["missing"]) for one in story["passed_over"]] == [("LYON", 50), ("BERLIN", 35)]


def test_another_policy_is_tried_on_the_orders_there_were_and_nothing_changes(
    run: Any, database_url: str, tmp_path: Path
) -> None:
    before = asyncio.run(_counted(database_url))
    now = datetime.now(UTC)
    policy = _file(tmp_path / "policy.json", json.dumps(CHEAPEST))
    time = ("--from", (now - timedelta(days=1)).isoformat(), "--to", now.isoformat())
    asked = ("order", "what-if", "--policy", policy, *time, "-t", "shop")
    answer = json.loads(run(*asked, "--json"))
    in_force, what_if = answer["in_force"], answer["what_if"]
    assert (in_force["orders"], in_force["served_orders"], in_force["differing"]) == (3, 2, 0)
    assert {code: load["orders"] for code, load in in_force["load"].items()} == {"BERLIN": 1, "LYON": 1}
    assert (what_if["served_orders"], what_if["stock_outs"], what_if["differing"]) == (2, 1, 2)
    assert (what_if["split_orders"], what_if["quantity_fill_rate"]) == (1, "15.25")
    assert answer["difference"]["load"] == {
        "BERLIN": {"orders": 1, "quantity": "0.000000"},
        "LYON": {"orders": 0, "quantity": "0.000000"},
    }
    assert "order fill rate" in run(*asked)
    assert asyncio.run(_counted(database_url)) == before
