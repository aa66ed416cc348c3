"""A place, items and ample stock for each tenant of the run, through HTTP like any merchant would."""

import asyncio
from collections.abc import Iterator, Sequence

import msgspec

from entrypoints.cli.bench.caller import Caller
from entrypoints.cli.bench.client import render_request

LOCATION = "BENCH"
AMPLE = 1_000_000_000
"""Pieces of each SKU: more than a run could sell, so that a rejection means something is wrong."""


class SetupRefused(Exception):
    """The server did not take a location, an item or a receipt the run needs."""


async def prepare_stock(caller: Caller, keys: Sequence[str], skus: Sequence[str]) -> None:
    """Create a location, every SKU and its stock for the tenant of each key.

    Raises SetupRefused when the server refuses one, ConnectionLost or OSError when it cannot be reached.
    """
    place: dict[str, object] = {"code": LOCATION, "kind": "warehouse"}
    await _post_all(caller, (("/api/v1/locations", key, place) for key in keys))
    await _post_all(
        caller,
        (("/api/v1/catalogue/items", key, {"sku": sku, "name": f"Bench item {sku}"}) for key in keys for sku in skus),
    )
    await _post_all(
        caller,
        (
            (
                "/api/v1/stock/receipts",
                key,
                {"sku": sku, "location": LOCATION, "quantity": AMPLE, "reason": "bench"},
            )
            for key in keys
            for sku in skus
        ),
    )


async def _post_all(caller: Caller, posts: Iterator[tuple[str, str, dict[str, object]]]) -> None:
    """Send all of ``posts`` (path, key, body), as many at a time as the caller has connections."""

    async def take_turns() -> None:
        # All takers share the one iterator: no list of a million requests, no uneven shares.
        for path, key, body in posts:
            request = render_request(caller.address, "POST", path, key=key, body=msgspec.json.encode(body))
            status, answer = await caller.request(request)
            if not 200 <= status < 300:
                raise SetupRefused(f"POST {path} answered {status}: {answer[:500].decode(errors='replace')}")

    takers = [asyncio.create_task(take_turns()) for _ in range(caller.connections)]
    try:
        await asyncio.gather(*takers)
    finally:
        for taker in takers:
            taker.cancel()
        await asyncio.gather(*takers, return_exceptions=True)
