"""A merchant's real export becomes catalogue, stock and decided orders; twice is once, and a kill is no harm."""

import asyncio
import csv
import gzip
import json
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from composition.session import open_session
from composition.settings import Settings
from core.kernel.ids import OrderId, TenantId
from core.orders.order import Phase
from entrypoints.cli.imports.importing import Plan
from entrypoints.cli.imports.runs import OrderOptions, import_orders
from entrypoints.cli.session import Session
from ports.orders import OrderFilter
from tests.support.command_line import CommandLine

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

REAL = Path(__file__).parents[3] / "shared" / "data" / "online_retail_transactions.csv.gz"
LINES = 20_000
Orders = dict[str | None, tuple[Phase, int, int]]


@dataclass(frozen=True, slots=True)
class Shop(CommandLine):
    """A database and the files one merchant brings."""

    folder: Path
    orders: Path


@pytest.fixture(scope="module")
def shop(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    if not REAL.exists():
        pytest.skip(f"the real orders are not there: {REAL}")
    folder = tmp_path_factory.mktemp("shop")
    orders = folder / "orders.csv.gz"
    with gzip.open(REAL, "rt", encoding="utf-8") as whole, gzip.open(orders, "wt", encoding="utf-8") as part:
        part.writelines(islice(whole, LINES + 1))
        # The id of an order that is further up, then an order of which one row in two is good.
        part.write("536365,71053,WHITE METAL LANTERN,1,2010-12-20 08:26:00,3.39,17850,United Kingdom\n")
        part.write("600000,85123A,HOLDER,many,2010-12-20 08:26:00,2.55,17850,United Kingdom\n")
        part.write("600000,85123A,HOLDER,1,2010-12-20 08:26:00,0.0,17850,United Kingdom\n")
    settings = Settings.from_environment({"FLUXOR_DATA_DIR": str(folder), "LOG_LEVEL": "error"})
    return Shop(opened=lambda: open_session(settings, database_url), folder=folder, orders=orders)


def _stocked(shop: Shop, name: str, share: str) -> TenantId:
    """A tenant with the catalogue and that share of the stock the orders ask for."""
    tenant = shop.fluxor("tenant", "create", name)["tenant_id"]
    file = shop.folder / f"stock-{name}.csv"
    shop.fluxor("import", "catalogue", str(shop.orders), "--tenant", name)
    shop.fluxor("import", "derive-stock", str(shop.orders), str(file), "--share", share)
    shop.fluxor("import", "stock", str(file), "--tenant", name)
    return TenantId(tenant)


async def _orders(session: Session, tenant: TenantId) -> Orders:
    """Every order of the tenant by its id at the channel: phase, lines, total."""
    found: Orders = {}
    before: OrderId | None = None
    while page := await session.orders.orders(tenant, OrderFilter(), before=before, limit=500):
        for order in page:
            assert order.facts.external_id not in found, "one order an id"
            found[order.facts.external_id] = (order.phase, len(order.facts.lines), order.facts.total)
        before = page[-1].facts.order_id
    return found


@dataclass(frozen=True, slots=True)
class Story:
    """A tenant whose orders were imported, on four fifths of the stock they ask for."""

    tenant: TenantId
    summary: dict[str, Any]
    rejects: list[dict[str, str]]


@pytest.fixture(scope="module")
def story(shop: Shop) -> Story:
    tenant = _stocked(shop, "story", "0.8")
    summary = shop.fluxor("import", "orders", str(shop.orders), "--tenant", tenant)
    with (shop.folder / "orders.rejects.csv").open(newline="") as file:
        return Story(tenant=tenant, summary=summary, rejects=list(csv.DictReader(file)))


def test_every_row_ends_and_every_order_is_decided(shop: Shop, story: Story) -> None:
    summary, tenant = story.summary, story.tenant
    assert summary["rows"] == LINES + 3
    assert summary["rows"] == summary["accepted"] + summary["rejected"] + summary["duplicates"]
    assert summary["dead"] == 0
    orders = shop.ask(lambda session: _orders(session, tenant))
    assert len(orders) == summary["orders"] + summary["cancellations"] + summary["returns"]
    phases = {phase for phase, _, _ in orders.values()}
    assert {Phase.ALLOCATED, Phase.REJECTED} <= phases <= {Phase.ALLOCATED, Phase.REJECTED, Phase.ON_HOLD}
    assert sum(phase is Phase.ON_HOLD for phase, _, _ in orders.values()) == summary["needs_review"]


def test_the_rejects_explain_each_bad_row(story: Story) -> None:
    assert len(story.rejects) == story.summary["rejected"]
    reappears, unreadable = story.rejects[-2:]
    assert (reappears["line"], reappears["InvoiceNo"]) == (str(LINES + 2), "536365")
    assert reappears["reason"].startswith("order id reappears")
    assert unreadable["reason"] == "quantity 'many' is not a number; the other rows of order 600000 were taken"


def test_the_doctor_finds_nothing(shop: Shop, story: Story) -> None:
    doctor = shop.fluxor("doctor", "--tenant", story.tenant)
    assert doctor["ok"]
    assert all(check["violations"] == 0 for check in doctor["checks"])


def test_a_cancellation_and_a_shortage_say_why(shop: Shop, story: Story) -> None:
    cancelled = shop.fluxor("order", "show", "C536379", "--tenant", story.tenant)
    assert (cancelled["phase"], cancelled["reasons"][0]["code"]) == ("rejected", "not_an_order")
    assert "cancellation C536379" in cancelled["reasons"][0]["detail"]
    rejected = shop.fluxor("order", "list", "--tenant", story.tenant, "--phase", "rejected", "--limit", "500")
    short = [one for one in rejected["items"] if one["reasons"][0]["code"] == "insufficient_stock"]
    assert short, "a fifth of the stock is missing"
    assert shop.fluxor("order", "show", short[0]["order_id"], "--tenant", story.tenant)["events"]


def test_stock_explains_itself_from_the_import_to_the_orders(shop: Shop, story: Story) -> None:
    entries = shop.fluxor("stock", "explain", "85123A", "--tenant", story.tenant, "--limit", "500")["steps"]
    assert entries[-1]["kind"] == "count"
    assert entries[-1]["reason"] == "import stock-story.csv"
    assert {entry["kind"] for entry in entries[:-1]} == {"commit"}
    assert all(entry["cause"] for entry in entries[:-1])


def test_importing_twice_is_importing_once(shop: Shop, story: Story) -> None:
    before = shop.ask(lambda session: _orders(session, story.tenant))
    stock = shop.fluxor("stock", "list", "--tenant", story.tenant, "--limit", "500")
    for kind, file in (("catalogue", shop.orders), ("stock", shop.folder / "stock-story.csv"), ("orders", shop.orders)):
        summary = shop.fluxor("import", kind, str(file), "--tenant", story.tenant)
        assert summary["accepted"] == 0, kind
        assert summary["duplicates"] > 0, kind
    assert shop.ask(lambda session: _orders(session, story.tenant)) == before
    assert shop.fluxor("stock", "list", "--tenant", story.tenant, "--limit", "500") == stock


def test_a_killed_import_goes_on_and_comes_to_the_same(shop: Shop) -> None:
    undisturbed = _stocked(shop, "whole", "1.0")
    killed = _stocked(shop, "killed", "1.0")
    whole = shop.fluxor("import", "orders", str(shop.orders), "--tenant", "whole")
    rows = shop.ask(lambda session: _kill_midway(session, shop, killed))
    assert 0 < rows < whole["rows"]

    resumed = shop.fluxor("import", "orders", str(shop.orders), "--tenant", "killed")

    assert resumed["resumed_at"] >= rows
    assert (resumed["rows"], resumed["rejected"]) == (whole["rows"], whole["rejected"])
    assert list(shop.folder.glob("*.checkpoint")) == []
    once = shop.ask(lambda session: _orders(session, undisturbed))
    assert shop.ask(lambda session: _orders(session, killed)) == once
    assert shop.fluxor("doctor", "--tenant", "killed")["ok"]


async def _kill_midway(session: Session, shop: Shop, tenant: TenantId) -> int:
    """Cancel an import after its first checkpoints; answers how many rows the last one says are done."""
    # The very options the command line uses, so that it goes on from the checkpoint.
    options = OrderOptions(overrides={})
    plan = Plan(kind="orders", file=shop.orders, options=("GBP", None, "C", {}))
    task = asyncio.create_task(import_orders(plan, tenant, options, quiet=True)(session))
    checkpoint = shop.folder / "orders.rejects.orders.checkpoint"
    rows = 0
    while rows < LINES // 3:
        assert not task.done(), "the import ended before it could be killed"
        await asyncio.sleep(0.002)
        if checkpoint.exists():
            rows = json.loads(checkpoint.read_bytes())["progress"]["rows"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return rows
