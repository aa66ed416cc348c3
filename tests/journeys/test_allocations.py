"""Allocations to a channel on a running installation: begun over HTTP, carried out by its workers, told by its CLI."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.installation import Installed, installed

LOOKS_MAX = 5000


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed(tmp_path_factory.mktemp("allocations")) as running:
        yield running


def test_an_allocation_is_carried_out_and_told(there: Installed) -> None:
    with httpx.Client(
        base_url=f"{there.base_url}/api/v1", headers={"authorization": f"Bearer {there.api_key}"}
    ) as client:

        def ok(method: str, path: str, body: Any = None) -> Any:
            answer = client.request(method, path, json=body)
            assert answer.is_success, answer.text
            return answer.json()

        ok("POST", "/catalogue/items", {"sku": "CUP", "name": "Cup"})
        ok("POST", "/locations", {"code": "SHELF", "kind": "warehouse"})
        ok("POST", "/stock/receipts", {"sku": "CUP", "location": "SHELF", "quantity": 5})
        whole = ok("POST", "/inventory/allocations", {"sku": "CUP", "quantity": 2, "channel": "web"})["saga_id"]
        short = ok("POST", "/inventory/allocations", {"sku": "CUP", "quantity": 9, "channel": "web"})["saga_id"]
        tenant = there.rows(f"SELECT tenant_id FROM saga WHERE id = '{whole}'")[0]["tenant_id"]

        def told(*arguments: str) -> Any:
            answer = there.fluxor("saga", *arguments, "--tenant", str(tenant), "--json")
            assert answer.stdout, answer.stderr
            return json.loads(answer.stdout)

        stands: dict[str, str] = {}
        for _ in range(LOOKS_MAX):
            stands = {saga["id"]: saga["status"] for saga in ok("GET", "/sagas")["items"]}
            if not set(stands.values()) & {"running", "compensating"}:
                break
        assert stands == {whole: "completed", short: "compensated"}
        assert [saga["id"] for saga in told("list", "--status", "compensated")["items"]] == [short]
        story = told("show", whole)
        assert [step["state"] for step in story["steps"]] == ["done", "done", "done"]
        assert story["timeline"][-1]["event"] == "saga.ended.v1"
        in_words = there.fluxor("saga", "show", short, "--tenant", str(tenant))
        assert "insufficient_stock" in in_words.stdout
        assert "allocate-to-channel" in there.fluxor("saga", "list", "--tenant", str(tenant)).stdout
        for refused in (("forgive", whole, "--reason", "r"), ("retry", "x")):
            answer = there.fluxor("saga", *refused, "--tenant", str(tenant), "--json")
            assert answer.returncode == 1, answer.stdout
            assert "saga_not" in answer.stderr
        (allotted,) = ok("GET", "/inventory/allotments?channel=web")["items"]
        assert (allotted["sku"], allotted["quantity"]) == ("CUP", 2)
        assert there.doctor() == []


def test_what_happened_is_told_again_and_changes_nothing(there: Installed) -> None:
    moves = "SELECT count(*) AS entries FROM stock_entry"
    before, began = there.rows(moves), datetime.now(UTC)
    there.wait_until_decided()
    recorded = there.rows("SELECT count(*) AS events FROM journal")[0]["events"]
    told = there.fluxor("queue", "redeliver", "--since", (began - timedelta(hours=1)).isoformat(), "--json")
    assert json.loads(told.stdout) == {"events": recorded}
    there.wait_until_decided()
    assert (there.rows(moves), there.doctor(), there.demand_differs()) == (before, [], 0)
    too_far = there.fluxor("queue", "redeliver", "--since", (began - timedelta(days=9)).isoformat(), "--json")
    assert (too_far.returncode, json.loads(too_far.stderr)["error"]["code"]) == (1, "long_forgotten")
