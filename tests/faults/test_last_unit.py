"""The last unit is sold once, however many want it at the same moment."""

import asyncio

from tests.faults.last_unit import sold


def test_the_last_unit_is_sold_once(database_url: str) -> None:
    results, broken = asyncio.run(sold(database_url, rounds=6, buyers=60, processes=2))
    assert (list(results), broken) == ([1] * 6, 0)
