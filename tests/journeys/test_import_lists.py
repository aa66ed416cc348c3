"""Lists from files: bad rows beside the good ones, a crash is no harm, twice is once."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from composition.session import open_session
from composition.settings import Settings
from core.inventory.acts import Act
from core.inventory.delivery import ReceiveDelivery
from entrypoints.cli.imports.importing import Plan
from entrypoints.cli.imports.runs import ActOptions, import_acts
from entrypoints.cli.session import Session
from tests.support.command_line import CommandLine

pytestmark = pytest.mark.postgres

SKUS = [f"S{number}" for number in range(60)]
ROWS = 1400


@dataclass(frozen=True, slots=True)
class Warehouse(CommandLine):
    """A tenant with items, two places, and a folder for its files."""

    tenant: str
    folder: Path

    def file(self, name: str, header: str, rows: Iterable[str]) -> str:
        path = self.folder / name
        path.write_text("\n".join([header, *rows]) + "\n")
        return str(path)

    def take(self, kind: str, file: str, *more: str) -> dict[str, Any]:
        summary: dict[str, Any] = self.fluxor("import", kind, file, "--tenant", self.tenant, *more)
        return summary

    def on_hand(self) -> dict[tuple[str, str], int]:
        rows = self.fluxor("stock", "list", "--tenant", self.tenant, "--limit", "500")["items"]
        return {(row["sku"], row["location"]): int(row["on_hand"]) for row in rows}

    def rejects(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"{name}.rejects.csv").open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def warehouse(database_url: str, tmp_path: Path) -> Warehouse:
    settings = Settings.from_environment({"FLUXOR_DATA_DIR": str(tmp_path), "LOG_LEVEL": "error"})
    name = tmp_path.name
    there = Warehouse(lambda: open_session(settings, database_url), name, tmp_path)
    there.fluxor("tenant", "create", name)
    items = [f"{sku},0,dozen=12" for sku in SKUS]
    there.take("catalogue", there.file("items.csv", "sku,scale,pack units", items))
    there.take("stock", there.file("places.csv", "sku,location,quantity", ["S0,W1,0", "S0,W2,0"]))
    return there


def deliver(warehouse: Warehouse) -> str:
    """A delivery of one piece a row, of which the 700th names no item, the 701st half a piece."""
    rows = [f"{SKUS[number % 60]},W{number % 2 + 1},1" for number in range(ROWS)]
    rows[699], rows[700] = "LATER,W1,1", "S1,W1,0.5"
    return warehouse.file("delivery.csv", "sku,location,quantity", rows)


class Died(Exception):
    """The process ended here."""


class Dying:
    """A door whose process dies as soon as the third part of a delivery is committed, before anybody hears of it."""

    def __init__(self, door: Any) -> None:
        self._door = door
        self._left = 3

    async def run(self, command: object, context: object) -> Any:
        answer = await self._door.run(command, context)
        self._left -= isinstance(command, ReceiveDelivery)
        if not self._left:
            raise Died
        return answer


def test_a_delivery_is_received_once_whatever_happens(warehouse: Warehouse) -> None:
    file = deliver(warehouse)
    plan = Plan(kind="receipts", file=Path(file), options=("MAIN", "", {}))
    dies = import_acts(plan, warehouse.tenant, {}, ActOptions(act=Act.RECEIVE), quiet=True)

    async def until_it_dies(session: Session) -> None:
        await dies(replace(session, dispatch=Dying(session.dispatch)))  # type: ignore[arg-type]

    with pytest.raises(Died):
        warehouse.ask(until_it_dies)
    assert sum(warehouse.on_hand().values()) == ROWS - 2, "all of it is in, and nobody knows of the last part"

    resumed = warehouse.take("receipts", file)
    assert (resumed["resumed_at"], resumed["rows"], resumed["rejected"]) == (1000, ROWS, 2)
    assert (resumed["accepted"], resumed["duplicates"]) == (998, 400)
    assert [(one["line"], one["sku"]) for one in warehouse.rejects("delivery")] == [("701", "LATER"), ("702", "S1")]
    assert list(warehouse.folder.glob("*.checkpoint")) == []

    warehouse.take("catalogue", warehouse.file("later.csv", "sku", ["LATER"]))
    again = warehouse.take("receipts", file)
    assert (again["accepted"], again["duplicates"], again["rejected"]) == (1, ROWS - 2, 1)
    assert sum(warehouse.on_hand().values()) == ROWS - 1
    twin = warehouse.take("receipts", file, "--delivery", "the next day")
    assert (twin["accepted"], twin["duplicates"]) == (ROWS - 1, 0)
    assert warehouse.fluxor("doctor", "--tenant", warehouse.tenant)["ok"]


def test_counts_make_it_so_and_open_no_places(warehouse: Warehouse) -> None:
    rows = ["S1,W1,7,", "S2,W2,2,dozen", "S2,W9,1,", "S1,W1,5,", "NONE,W1,1,", "S3,W1,-1,", "S3,W1,1,barrel"]
    file = warehouse.file("counts.csv", "sku,location,counted,unit", rows)
    dry = warehouse.take("counts", file, "--dry-run")
    assert (dry["accepted"], dry["rejected"], dry["dry_run"]) == (6, 1, True)
    assert set(warehouse.on_hand().values()) == {0}
    summary = warehouse.take("counts", file)
    assert (summary["accepted"], summary["rejected"]) == (3, 4)
    assert [one["line"] for one in warehouse.rejects("counts")] == ["4", "6", "7", "8"]
    on_hand = warehouse.on_hand()
    assert (on_hand["S1", "W1"], on_hand["S2", "W2"]) == (5, 24)
    settled = warehouse.file("settled.csv", "sku,location,counted", ["S1,W1,5", "S2,W2,24"])
    assert warehouse.take("counts", settled)["duplicates"] == 2


def test_prices_change_and_stay(warehouse: Warehouse) -> None:
    rows = ["S1,2.50,", "S2,3,EUR", "S9999,1,", "S3,,", "S4,-1,", "S5,1.005,", "S1,2.50,"]
    file = warehouse.file("prices.csv", "sku,unit price,currency", rows)
    summary = warehouse.take("prices", file, "--currency", "USD")
    assert (summary["accepted"], summary["duplicates"], summary["rejected"]) == (2, 1, 4)
    assert [one["line"] for one in warehouse.rejects("prices")] == ["4", "5", "6", "7"]
    again = warehouse.take("prices", file, "--currency", "USD")
    assert (again["accepted"], again["duplicates"]) == (0, 3)

    async def prices(session: Session) -> list[str]:
        owner = await session.tenants.tenant(warehouse.tenant)
        assert owner is not None
        items = await session.catalogue.items(owner, sku=None, after="", limit=500)
        return [f"{item.sku} {item.price.minor} {item.price.currency}" for item in items if item.price]

    assert warehouse.ask(prices) == ["S1 250 USD", "S2 300 EUR"]


def test_a_policy_is_replaced_or_refused_by_name(warehouse: Warehouse) -> None:
    file = warehouse.folder / "policy.json"
    file.write_text('{"rules":["priority"]}')
    said = warehouse.fluxor("import", "policy", "allocation", str(file), "--tenant", warehouse.tenant)
    assert (said["policy"], said["rules"]) == ("allocation", ["priority"])
    file.write_text(json.dumps({"rules": ["nearest"]}))
    refused = warehouse.fluxor("import", "policy", "allocation", str(file), "--tenant", warehouse.tenant, exit_code=1)
    assert refused["error"]["code"] == "unknown_rule"
