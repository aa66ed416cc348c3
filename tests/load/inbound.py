"""Incoming webhooks by the hundred thousand, some twice, some late, some forged, while the broker is down.

``python -m tests.load.inbound [--notices 100000]``. A real installation whose QUEUE_URL leads nowhere; a shop that
says what became of its orders. Prints how fast it was acknowledged, and whether what is known at the end is the truth.
Leaves with 1 when it is not.
"""

import argparse
import asyncio
import hashlib
import hmac
import random
import sys
import tempfile
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from entrypoints.cli.bench.caller import Caller
from entrypoints.cli.bench.client import parse_address, render_request
from tests.support.installation import Installed, installed

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
SECRET = "hush"
CONNECTIONS = 16
DUPLICATES, REORDERED, FORGED = 0.30, 0.20, 0.01
LATE = 200
"""By how many places a late notice is late at most."""
NOWHERE = "redis://127.0.0.1:1/0"


@dataclass(frozen=True)
class Said:
    """One call: what it is known by, what it says, whether it is forged."""

    identity: str
    body: bytes
    forged: bool = False


def story(number: int, lots: random.Random) -> tuple[list[Said], dict[str, str]]:
    """The calls, in the order they arrive, and the truth: each order's last word."""
    orders = max(1, number // 200)
    forged = int(number * FORGED)
    truly = int((number - forged) * (1 - DUPLICATES))
    truth: dict[str, str] = {}
    calls: list[Said] = []
    for step in range(truly):
        order = lots.randrange(orders)
        at = (BEGAN + timedelta(seconds=step)).isoformat()
        truth[f"orders:{order}"] = at
        calls.append(Said(f"w-{step}", msgspec.json.encode({"id": order, "updated_at": at, "total": step})))
    # What was said is said again a little later, as a shop does that heard no answer.
    places = sorted((step + lots.random() * LATE, lots.choice(calls[max(0, step - LATE) : step + 1])) for step in
                    (lots.randrange(truly) for _ in range(number - forged - truly)))  # fmt: skip
    order_of = [(float(step), said) for step, said in enumerate(calls)]
    order_of = [(at + lots.random() * LATE if lots.random() < REORDERED else at, said) for at, said in order_of]
    lies = [(lots.random() * truly, _lie(said, orders, lots)) for said in lots.choices(calls, k=forged)]
    arriving = sorted([*order_of, *places, *lies], key=lambda pair: pair[0])
    return [said for _, said in arriving], truth


def _lie(said: Said, orders: int, lots: random.Random) -> Said:
    """Under the id of what is said truly, something from the future."""
    body = {"id": lots.randrange(orders), "updated_at": (BEGAN + timedelta(days=999)).isoformat(), "total": -1}
    return Said(said.identity, msgspec.json.encode(body), forged=True)


async def call_all(there: Installed, path: str, calls: Sequence[Said]) -> tuple[list[float], Counter[tuple[bool, int]]]:
    """Milliseconds until each was answered, and how: (forged, status) by number."""
    address, waiting = parse_address(there.base_url), iter(calls)
    took: list[float] = []
    answers: Counter[tuple[bool, int]] = Counter()

    async def one_by_one() -> None:
        async with Caller(address, connections=1) as caller:
            for said in waiting:
                request = _signed(render_request(address, "POST", path, key="", body=said.body), said)
                began = time.perf_counter()
                status, _ = await caller.request(request)
                took.append((time.perf_counter() - began) * 1000)
                answers[said.forged, status] += 1

    await asyncio.gather(*(one_by_one() for _ in range(CONNECTIONS)))
    return sorted(took), answers


def _signed(request: bytes, said: Said) -> bytes:
    secret = "guessed" if said.forged else SECRET
    mac = b64encode(hmac.digest(secret.encode(), said.body, hashlib.sha256))
    lines = b"\r\nx-shopify-hmac-sha256: %b\r\nx-shopify-webhook-id: %b\r\nx-shopify-topic: orders/updated\r\n\r\n"
    head, _, body = request.partition(b"\r\n\r\n")
    return head + lines % (mac, said.identity.encode()) + body


async def add_source(there: Installed) -> str:
    address = parse_address(there.base_url)
    body = msgspec.json.encode({"scheme": "shopify", "name": "shop", "secret": SECRET})
    async with Caller(address, connections=1) as caller:
        status, answer = await caller.request(
            render_request(address, "POST", "/api/v1/webhook-sources", key=there.api_key, body=body)
        )
    assert status == 201, (status, answer)
    path: str = msgspec.json.decode(answer)["path"]
    return path


def known(there: Installed) -> dict[str, str]:
    """What is known of each order at the end."""
    rows = there.rows("SELECT name, changed_at FROM notice_subject")
    return {row["name"]: row["changed_at"].isoformat() for row in rows}


def look_into_all(there: Installed) -> float:
    """Wait until every notice was looked into; answers the seconds."""
    began = time.monotonic()
    while there.rows("SELECT count(*) AS n FROM queue_job WHERE queue = 'inbound'")[0]["n"]:
        time.sleep(0.25)
    return time.monotonic() - began


def run(number: int, workers: int = 2) -> tuple[dict[str, Any], bool]:
    """All of it once; the figures, and whether what is known is the truth."""
    calls, truth = story(number, random.Random(4))
    with (
        tempfile.TemporaryDirectory(prefix="fluxor-inbound-", ignore_cleanup_errors=True) as folder,
        installed(Path(folder), queue_url=NOWHERE, WORKER_PROCESSES=str(workers)) as there,
    ):
        path = asyncio.run(add_source(there))
        began = time.monotonic()
        took, answers = asyncio.run(call_all(there, path, calls))
        sent = time.monotonic() - began
        rest = look_into_all(there)
        states = {row["state"]: row["n"] for row in there.rows("SELECT state, count(*) AS n FROM notice GROUP BY 1")}
        right = known(there) == truth
    told = {
        "calls": len(calls),
        "forged": sum(said.forged for said in calls),
        "per_second": round(len(calls) / sent),
        "ack_ms": {f"p{share}": round(took[int(len(took) * share / 100)], 1) for share in (50, 95, 99)},
        "looked_into_after_s": round(rest, 1),
        "answers": {f"{'forged' if forged else 'true'} {status}": n for (forged, status), n in sorted(answers.items())},
        "notices": states,
        "truth": right,
    }
    return told, right and set(answers) == {(False, 200), (True, 401)}


def main() -> int:
    """The measurement as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, default=100_000)
    told, right = run(parser.parse_args().notices)
    print(msgspec.json.encode(told).decode())
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
