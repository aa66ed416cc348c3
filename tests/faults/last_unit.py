"""The last unit: hundreds of buyers in several processes want it at once, and one gets it.

Run by hand: ``python -m tests.faults.last_unit --rounds 200 --buyers 500 --processes 4``. Every round is an item of its
own with one unit on the shelf; half of the buyers hold it, the other half have it allocated at once. Prints what was
sold; leaves with 1 when a round sold anything but one.
"""

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path

from composition.place import embedded_place
from composition.session import open_session
from composition.settings import Settings
from core.catalogue.item import CreateItem, CreateItems
from core.identity.permission import ALL_SCOPES
from core.inventory.acts import Act, AllocateStock, ChangeStock, StockAct
from core.inventory.holding import Holder, ReservationLine, ReserveStock
from core.inventory.location import CreateLocation, LocationKind
from core.inventory.stock import InsufficientStock
from core.kernel.ids import TenantId
from entrypoints.cli.new_tenant import create_tenant_with_key
from entrypoints.cli.session import Session

STOP = ""


def settings() -> Settings:
    """Nothing from the environment."""
    return Settings.from_environment({"LOG_LEVEL": "error"})


async def buy(session: Session, tenant: TenantId, sku: str, number: int) -> int:
    """Units this buyer got: one or none. Anything else that goes wrong is raised."""
    context = session.context(tenant, ALL_SCOPES)
    try:
        if number % 2:
            line = ReservationLine(sku=sku, quantity=Decimal(1))
            await session.dispatch.run(ReserveStock(lines=(line,), holder=Holder.CART), context)
            return 1
        done = await session.dispatch.run(AllocateStock(name=sku, quantity=Decimal(1), channel="web"), context)
        return int(done.group is not None)
    except InsufficientStock:
        return 0


def crowd(url: str, tenant: TenantId, buyers: int, line: Connection) -> None:
    """One process of buyers: told the round's item, answers how many got it."""

    async def run() -> None:
        async with open_session(settings(), url) as session:
            line.send("ready")
            while (sku := await asyncio.to_thread(line.recv)) != STOP:
                got = await asyncio.gather(*(buy(session, tenant, sku, number) for number in range(buyers)))
                line.send(sum(got))

    asyncio.run(run())


async def furnish(session: Session, rounds: int) -> tuple[TenantId, list[str]]:
    """A tenant with an item for each round, one unit of each on the shelf."""
    tenant = (await create_tenant_with_key(session, "last unit")).tenant_id
    context = session.context(tenant, ALL_SCOPES)
    skus = [f"LAST-{number}" for number in range(rounds)]
    await session.dispatch.run(CreateItems(items=tuple(CreateItem(sku=sku, name=sku) for sku in skus)), context)
    await session.dispatch.run(CreateLocation(code="MAIN", kind=LocationKind.WAREHOUSE), context)
    acts = [StockAct(act=Act.RECEIVE, sku=sku, location="MAIN", quantity=Decimal(1)) for sku in skus]
    await session.dispatch.run(ChangeStock(acts=tuple(acts)), context)
    return tenant, skus


async def sold(url: str, *, rounds: int, buyers: int, processes: int) -> tuple[Sequence[int], int]:
    """Units sold in each round, and how many invariants are broken afterwards."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(open_session(settings(), url))
        tenant, skus = await furnish(session, rounds)
        spawn = multiprocessing.get_context("spawn")
        lines = []
        for _ in range(processes):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(target=crowd, args=(url, tenant, buyers // processes, theirs), daemon=True)
            process.start()
            stack.callback(process.join, 30)
            stack.callback(ours.send, STOP)
            lines.append(ours)
        for line in lines:
            assert await asyncio.to_thread(line.recv) == "ready"
        results = []
        for sku in skus:
            for line in lines:
                line.send(sku)
            results.append(sum(await asyncio.gather(*(asyncio.to_thread(line.recv) for line in lines))))
        return results, len(await session.invariants.violations())


def main() -> int:
    """The crowd as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("rounds", 200), ("buyers", 500), ("processes", 4)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()

    async def run() -> tuple[Sequence[int], int]:
        with tempfile.TemporaryDirectory(prefix="fluxor-last-", ignore_cleanup_errors=True) as folder:
            async with embedded_place(Path(folder)) as place:
                return await sold(place.url, **vars(options))

    started = time.monotonic()
    results, broken = asyncio.run(run())
    wrong = [units for units in results if units != 1]
    print(
        f"{len(results)} rounds of {options.buyers} buyers in {options.processes} processes: "
        f"{sum(results)} units sold, {len(wrong)} rounds wrong, {broken} invariants broken, "
        f"{time.monotonic() - started:.0f} s"
    )
    return 1 if wrong or broken else 0


if __name__ == "__main__":
    sys.exit(main())
