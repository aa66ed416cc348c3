"""A whole ``fluxor up`` on a folder and a port of its own, as a user would start it, and what its database says."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from composition.listening import free_port
from composition.place import read_running

ROOT = Path(__file__).parents[2]
READY_SECONDS = 90
PATIENCE_SECONDS = 120


@dataclass
class Installed:
    """A running installation and the key it printed."""

    base_url: str
    api_key: str
    data_dir: Path
    environment: dict[str, str]
    process: subprocess.Popen[str]

    def fluxor(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a fluxor command against it."""
        command = [sys.executable, "-m", "composition.cli", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300)

    def doctor(self) -> list[Any]:
        """The rows that break an invariant."""
        answer = self.fluxor("doctor", "--json")
        assert answer.stdout, answer.stderr
        told = msgspec.json.decode(answer.stdout)
        found: list[Any] = told["violations"]
        assert (answer.returncode == 0) == (not found), answer.stderr
        return found

    def rows(self, query: str) -> list[Any]:
        """Ask its database past the walls, as the owner."""
        running = read_running(self.data_dir)
        assert running is not None, "it runs"
        return asyncio.run(_rows(running.owner_url, query))

    def wait_until_decided(self) -> None:
        """Until nothing waits: no submission, no due job, no event that is not delivered."""
        query = """
            SELECT (SELECT count(*) FROM intake_job) AS submissions,
                   (SELECT count(*) FROM queue_job WHERE run_at < 'infinity') AS jobs,
                   (SELECT count(*) FROM journal j, relay_position r
                    WHERE (j.transaction_id, j.position) > (r.transaction_id, r.position)) AS unrelayed,
                   (SELECT count(*) FROM message) AS messages
        """
        for _ in range(PATIENCE_SECONDS * 4):
            waiting = dict(self.rows(query)[0])
            if not any(waiting.values()) and not self._on_the_way():
                return
            self.process.poll()
            asyncio.run(asyncio.sleep(0.25))
        raise AssertionError(f"still waiting: {waiting}")

    def _on_the_way(self) -> bool:
        """Whether a broker of its own still carries something."""
        if self.environment["QUEUE_URL"].startswith("postgres:"):
            return False
        answer = self.fluxor("queue", "depth", "--json")
        assert answer.returncode == 0, answer.stderr
        events = msgspec.json.decode(answer.stdout)["queues"]["events"]
        return any(events.values())

    def orders_by_external_id(self, channel: str) -> dict[str, list[str]]:
        """Order ids by the external id they came with."""
        found: dict[str, list[str]] = {}
        for row in self.rows(f"SELECT external_id, id FROM orders WHERE channel = '{channel}'"):
            found.setdefault(row["external_id"], []).append(str(row["id"]))
        return found

    def relayed_by_the_relay(self) -> bool:
        """Whether the process that relays is the one that is there for it."""
        running = read_running(self.data_dir)
        assert running is not None, "it runs"
        holders = {row["holder"].rpartition(":")[2] for row in self.rows("SELECT holder FROM relay_position")}
        return holders == {str(pid) for pid in running.relay_pids}

    def demand_differs(self) -> int:
        """On how many (item, day) the projection is not what the orders say: lost or doubled deliveries."""
        query = """
            SELECT count(*) AS off FROM demand_daily d FULL JOIN (
                SELECT l.tenant_id, l.item_id, (o.received_at AT TIME ZONE 'UTC')::date AS day,
                       sum(l.ordered) AS ordered, sum(l.allocated) AS promised
                FROM order_line l JOIN orders o ON o.tenant_id = l.tenant_id AND o.id = l.order_id
                WHERE o.held_at IS NULL GROUP BY 1, 2, 3
            ) o USING (tenant_id, item_id, day)
            WHERE d.ordered IS DISTINCT FROM o.ordered OR d.promised IS DISTINCT FROM o.promised
        """
        off: int = self.rows(query)[0]["off"]
        return off


@contextmanager
def installed(
    data_dir: Path, *, port: int | None = None, queue_url: str = "postgres:", **settings: str
) -> Iterator[Installed]:
    """Start it, its events carried by the broker at ``queue_url``, hand it over when it is ready, stop it in order.

    ``settings`` are further variables of its environment.
    """
    port = port or free_port()
    environment = {
        **{name: text for name, text in os.environ.items() if name not in ("DATABASE_URL", "DATABASE_OWNER_URL")},
        "FLUXOR_DATA_DIR": str(data_dir),
        "PORT": str(port),
        "QUEUE_URL": queue_url,
        "LOG_LEVEL": "warning",
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "composition.cli", "up"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        key = _first_key(process)
        yield Installed(f"http://127.0.0.1:{port}", key, data_dir, environment, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        if process.stdout:
            process.stdout.close()


def _first_key(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    key = ""
    for line in process.stdout:
        found = re.search(r"API key.*: (fx_\S+)", line)
        key = found[1] if found else key
        if "is up" in line:
            return key
    raise AssertionError(f"it did not come up: exit code {process.wait(5)}")


async def _rows(url: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()
