"""What is sent: orders of one to three lines, the same for the same seed, rendered before the start."""

from collections.abc import Sequence
from random import Random

import msgspec

from core.kernel.value import value
from entrypoints.cli.bench.client import Address, render_request

LINES_MAX = 3
QUANTITY_MAX = 3
ORDERS_PATH = "/api/v1/orders"
BATCH_PATH = "/api/v1/orders/batch"
DISTINCT_ORDERS = 8192
"""How many different orders are rendered; the run goes round them."""


class OrderItem(msgspec.Struct, frozen=True):
    """One line of an order, as the API takes it."""

    sku: str
    quantity: int


class OrderBody(msgspec.Struct, frozen=True):
    """One order, as the API takes it."""

    items: list[OrderItem]
    channel: str = "bench"


@value
class Workload:
    """Rendered requests, to be sent in turn. Request ``n`` is of the tenant whose key is ``key_of(n)``."""

    requests: tuple[bytes, ...]
    keys: tuple[str, ...]
    batch: int

    def key_of(self, number: int) -> str:
        """The API key that request ``number`` carries."""
        return self.keys[number % len(self.keys)]


def sku_names(count: int) -> list[str]:
    """The SKUs of a bench tenant, ``BENCH-0001`` onwards."""
    return [f"BENCH-{number:04d}" for number in range(1, count + 1)]


def draw_order(random: Random, skus: Sequence[str]) -> OrderBody:
    """An order of one to three lines, no SKU twice, each of one to three pieces."""
    lines = random.randint(1, min(LINES_MAX, len(skus)))
    return OrderBody(
        items=[OrderItem(sku=sku, quantity=random.randint(1, QUANTITY_MAX)) for sku in random.sample(skus, lines)]
    )


def render_workload(address: Address, *, keys: Sequence[str], skus: Sequence[str], batch: int, seed: int) -> Workload:
    """Requests over ``skus``, tenants in rotation. ``batch`` orders each, 1 meaning the single-order route.

    Raises ValueError without a key or a SKU, or with a batch below 1.
    """
    if not keys or not skus or batch < 1:
        raise ValueError("a workload needs at least one key, one SKU and one order a request")
    random = Random(seed)
    # A whole number of rounds over the tenants, so that request n is tenant n's turn however often it comes
    # round.
    rounds = -(-max(DISTINCT_ORDERS // batch, 64) // len(keys))
    requests = []
    for key in list(keys) * rounds:
        if batch == 1:
            path, body = ORDERS_PATH, msgspec.json.encode(draw_order(random, skus))
        else:
            path, body = BATCH_PATH, msgspec.json.encode([draw_order(random, skus) for _ in range(batch)])
        requests.append(render_request(address, "POST", path, key=key, body=body))
    return Workload(requests=tuple(requests), keys=tuple(keys), batch=batch)
