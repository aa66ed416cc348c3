"""What carries messages while the database does not answer as it should: all of it is BrokerUnavailable, in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
import pytest

from adapters.postgres import strands as module
from adapters.postgres.engine import Database
from adapters.postgres.strands import PostgresStrands
from core.kernel.message import Priority
from ports.broker import BrokerUnavailable
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict


class Trouble:
    """A database of which every statement ends with ``error``, or does not end."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    async def listening(self, *_: object) -> None:
        """Over a connection of its own that it still has."""

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[Any]:
        if self._error is None:
            await asyncio.Event().wait()
        else:
            raise self._error
        yield


@pytest.mark.parametrize(
    "error",
    [
        StorageUnavailable("away"),
        CommitUnknown("cut off"),
        TransactionConflict("in each other's way"),
        asyncpg.LockNotAvailableError("waited for long enough"),
        asyncpg.DeadlockDetectedError("in a circle"),
        None,
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_is_wrong_with_the_database_there_is_no_carrying(
    error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.01)
    strands = PostgresStrands(cast("Database", Trouble(error)), "b")

    async def take() -> None:
        await asyncio.wait_for(strands.take("q", [(Priority.NORMAL, 1)], 10), 30)

    with pytest.raises(BrokerUnavailable, match="the database: "):
        asyncio.run(take())
