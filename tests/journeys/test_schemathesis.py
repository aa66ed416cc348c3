"""Schemathesis over a running installation: the OpenAPI document says what the server does, and none of it fails.

This is the short run, the same requests each time. The long one is the same command with ``--max-time 600``, a large
``--max-examples`` and no ``--generation-deterministic``.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from entrypoints.http.app import API
from tests.support.installation import Installed, installed

ENDLESS = "/api/v1/events/stream"
"""A stream has no end to wait for; tests/api/test_stream.py is about it."""

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,unsupported_method,allow_header_conformance"
)
SEED = 20260301
EXAMPLES = 20


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """An installation with something to sell under the names Schemathesis likes best."""
    with installed(tmp_path_factory.mktemp("schemathesis")) as running:
        with httpx.Client(base_url=running.base_url, headers={"authorization": f"Bearer {running.api_key}"}) as client:
            for path, body in (
                ("catalogue/items", {"sku": "0", "name": "Zero"}),
                ("locations", {"code": "0", "kind": "warehouse"}),
                ("stock/receipts", {"sku": "0", "location": "0", "quantity": 1_000_000}),
                ("orders", {"items": [{"sku": "0", "quantity": 1}]}),
            ):
                client.post(f"/api/v1/{path}", json=body).raise_for_status()
        yield running


def test_the_document_is_true_and_nothing_fails(there: Installed, tmp_path: Path) -> None:
    done, report = schemathesis(there, tmp_path / "report.json")
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert report["complete"], done.stdout
    assert report["failures"] == report["errors"] == []
    operations = report["operations"]
    assert operations["tested"] == operations["selected"] == operations["total"] - 1 >= len(API)
    assert report["test_cases"]["generated"] > 2000
    answers = answers_by_status(there)
    assert not [status for status in answers if status >= 500], answers
    assert answers[200] > 100, "it got past the checks of the input"
    assert answers[201] > 20
    assert answers[202] > 0


def schemathesis(there: Installed, report: Path) -> tuple[subprocess.CompletedProcess[str], Any]:
    """Run it to its end; what it said and what it wrote."""
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "run", f"{there.base_url}/openapi.json",
        "--header", f"Authorization: Bearer {there.api_key}",
        "--exclude-path", ENDLESS,
        "--checks", CHECKS,
        "--phases", "examples,coverage,fuzzing,stateful",
        "--max-examples", str(EXAMPLES),
        "--seed", str(SEED), "--generation-deterministic",
        "--continue-on-failure", "--no-shrink", "--suppress-health-check", "all", "--request-timeout", "10",
        "--warnings", "off", "--no-color",
        "--report", "json", "--report-json-path", str(report),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=report.parent, capture_output=True, text=True, timeout=180)
    assert report.exists(), done.stdout + done.stderr
    return done, msgspec.json.decode(report.read_bytes())


def answers_by_status(there: Installed) -> dict[int, int]:
    """How many requests the server itself says it answered, by status."""
    found: dict[int, int] = {}
    for line in httpx.get(f"{there.base_url}/metrics").text.splitlines():
        if line.startswith("http_requests_total{"):
            found[int(line.partition('status="')[2].partition('"')[0])] = int(float(line.rpartition(" ")[2]))
    return found
