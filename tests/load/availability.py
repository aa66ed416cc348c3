"""How long it takes to say what can be promised of a thousand items at twenty locations.

Run by hand: ``python -m tests.load.availability --skus 1000 --locations 20 --times 200``. A share of the items may be
kept by lot or be kits. Times are milliseconds: what the database and its adapter take, and the whole answer with its
JSON. Prints p50 and p95 of each.
"""

import argparse
import asyncio
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from composition.place import embedded_place
from composition.session import open_session
from composition.settings import Settings
from core.catalogue.item import CreateItem, CreateItems, WantedComponent
from core.identity.permission import ALL_SCOPES
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.location import CreateLocation, LocationKind
from core.kernel.goods import Tracking
from core.kernel.ids import TenantId
from entrypoints.cli.new_tenant import create_tenant_with_key
from entrypoints.cli.session import Session
from entrypoints.http.availability import ShownAvailabilities, show_availability
from entrypoints.http.routes import encode

TOGETHER = 500
LOTS = ("L1", "L2", "L3")
DAY = date(2030, 1, 1)


async def furnish(session: Session, options: argparse.Namespace) -> tuple[TenantId, list[str]]:
    """A tenant whose every item stands at every location; the SKUs to ask for."""
    tenant = (await create_tenant_with_key(session, "availability")).tenant_id
    context = session.context(tenant, ALL_SCOPES)
    places = [f"W{number:02}" for number in range(options.locations)]
    for code in places:
        await session.dispatch.run(CreateLocation(code=code, kind=LocationKind.WAREHOUSE), context)
    by_lot, kits = round(options.skus * options.lots), round(options.skus * options.kits)
    plain = [f"P{number:05}" for number in range(options.skus - by_lot - kits + (2 if kits else 0))]
    tracked = [f"L{number:05}" for number in range(by_lot)]
    items = [CreateItem(sku=sku, name=sku) for sku in plain]
    items += [CreateItem(sku=sku, name=sku, tracking=Tracking.LOT) for sku in tracked]
    for start in range(0, len(items), TOGETHER):
        await session.dispatch.run(CreateItems(items=tuple(items[start : start + TOGETHER])), context)
    parts = tuple(WantedComponent(sku=sku, quantity=Decimal(2)) for sku in plain[:2])
    sets = [CreateItem(sku=f"K{number:05}", name="kit", components=parts) for number in range(kits)]
    if sets:
        await session.dispatch.run(CreateItems(items=tuple(sets)), context)
    acts = [
        StockAct(act=Act.RECEIVE, sku=sku, location=place, quantity=Decimal(9), lot=lot)
        for skus, lots in ((plain, (None,)), (tracked, LOTS))
        for sku in skus
        for place in places
        for lot in lots
    ]
    for start in range(0, len(acts), TOGETHER):
        await session.dispatch.run(ChangeStock(acts=tuple(acts[start : start + TOGETHER])), context)
    return tenant, [*plain[: options.skus - by_lot - kits], *tracked, *(kit.sku for kit in sets)]


async def measured(url: str, options: argparse.Namespace) -> dict[str, list[float]]:
    """Milliseconds of each of so many askings, after a few that do not count."""
    taken: dict[str, list[float]] = {"view": [], "answer": []}
    async with open_session(Settings.from_environment({"LOG_LEVEL": "error"}), url) as session:
        tenant, skus = await furnish(session, options)
        # What was built up to furnish the shop is not looked through again while the answers are timed: as in the API.
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        for number in range(options.times + 10):
            started = time.perf_counter()
            found = await session.inventory.availability(tenant, skus, DAY)
            seen = time.perf_counter()
            encode(ShownAvailabilities(items=[show_availability(one) for one in found]))
            done = time.perf_counter()
            assert len(found) == len(skus), "every item asked for is answered"
            if number >= 10:
                taken["view"].append((seen - started) * 1000)
                taken["answer"].append((done - started) * 1000)
    return taken


def p95(times: Sequence[float]) -> float:
    """The time ninety-five in a hundred stay below."""
    return statistics.quantiles(times, n=20)[-1]


def main() -> int:
    """The measurement as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("skus", 1000), ("locations", 20), ("times", 200)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name in ("lots", "kits"):
        parser.add_argument(f"--{name}", type=float, default=0.0, help="share of the items")
    options = parser.parse_args()

    async def run() -> dict[str, list[float]]:
        with tempfile.TemporaryDirectory(prefix="fluxor-load-", ignore_cleanup_errors=True) as folder:
            async with embedded_place(Path(folder)) as place:
                return await measured(place.url, options)

    for name, times in asyncio.run(run()).items():
        print(f"{name}: p50 {statistics.median(times):.1f} ms, p95 {p95(times):.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
