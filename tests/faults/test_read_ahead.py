"""Reading ahead is a convenience: nothing depends on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from adapters.postgres.engine import Database
from adapters.postgres.read_ahead import ReadAhead
from ports.storage import StorageUnavailable

START = "00000000-0000-0000-0000-000000000000"


class Unreachable(Database):
    """Its server does not answer."""

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        raise StorageUnavailable("no database connection")
        yield


def test_what_could_not_be_read_ahead_is_simply_not_there() -> None:
    async def read() -> object:
        ahead = ReadAhead(Unreachable("postgresql://nowhere/", 1))
        ahead.begin([(0, 0, START)], 10)
        return await ahead.end(), await ahead.end()

    assert asyncio.run(read()) == ({}, {})
