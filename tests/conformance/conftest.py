"""Every test here runs twice: over the twin and over PostgreSQL."""

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.conformance.storage import MemoryStorage, PostgresStorage, Storage
from tests.support.postgres import database_url, fresh_database, postgres_server, postgres_url

__all__ = ["database_url", "fresh_database", "postgres_server", "postgres_url"]


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    """A storage with nothing in it."""
    if request.param == "memory":
        yield MemoryStorage()
    else:
        yield PostgresStorage(request.getfixturevalue("database_url"))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an ``async def`` test with what it stands on opened, within a bounded time."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in wanted}
    asyncio.run(_play(pyfuncitem.obj, arguments))
    return True


async def _play(test: Any, arguments: dict[str, Any]) -> None:
    async with asyncio.timeout(60), AsyncExitStack() as stack:
        for ground in (arguments[name] for name in ("storage", "brokers", "strands", "caches") if name in arguments):
            await stack.enter_async_context(ground.opened())
        await test(**arguments)
