"""The README's tour, run as a reader would paste it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import ROOT, Installed, installed


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed(tmp_path_factory.mktemp("tour")) as running:
        yield running


def tour() -> str:
    blocks = re.findall(r"```sh tour\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) >= 5
    return "set -eo pipefail\n" + "\necho; echo ---\n".join(blocks)


def test_the_tour_works_when_pasted(there: Installed, tmp_path: Path) -> None:
    port = there.base_url.rpartition(":")[2]
    script = tour().replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    environment = {**there.environment, "KEY": there.api_key}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout
    assert '"status":"pending"' in told
    assert '"from_bucket":"available","to_bucket":"committed","quantity":2' in told
    assert '"explanation":{"risk"' in told
    assert "order.accepted.v1" in told
    assert '"state":"shipped"' in told
    assert "2 sent for order" in told
    assert "insufficient_stock" in told
    assert "I4" in told


def test_it_stops_in_order_and_loses_nothing_over_a_kill_of_everything(tmp_path: Path) -> None:
    with installed(tmp_path) as first:
        made = first.fluxor("tenant", "create", "kept", "--json")
        assert made.returncode == 0, made.stderr
        subprocess.run(["pkill", "-9", "-f", str(tmp_path)], check=False)
        first.process.kill()
        first.process.wait(10)
        again = subprocess.Popen(
            [sys.executable, "-m", "composition.cli", "up"],
            cwd=ROOT,
            env=first.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert again.stdout is not None
        for line in again.stdout:
            assert "API key" not in line, "a tenant is there already"
            if "is up" in line:
                break
        tenants = first.fluxor("tenant", "list", "--json")
        assert "kept" in tenants.stdout, tenants.stderr
        again.terminate()
        assert again.wait(10) == 0
        again.stdout.close()
