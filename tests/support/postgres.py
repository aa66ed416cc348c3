"""One embedded PostgreSQL a test session, and a fresh, migrated database in a blink for whoever needs one.

Use it with ``pytest_plugins = ["tests.support.postgres"]`` or by importing the fixtures into a ``conftest.py``.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import migrate
from adapters.system.ids import Uuid7

FreshDatabase = Callable[[], str]
"""Makes an empty, migrated database and answers its owner's URL."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a running server's own database, as superuser. It ends with the session, and its data goes."""
    # A socket's path has room for about a hundred characters, so the folder is not pytest's own.
    with TemporaryDirectory(prefix="fluxor-test-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder))
        url = server.start()
        try:
            yield url
        finally:
            server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> str:
    """The owner's URL of a migrated template: nobody writes to it, everybody copies it."""
    url = _named(postgres_server, "template_migrated")
    asyncio.run(_create(postgres_server, "template_migrated", None))
    asyncio.run(migrate(url, datetime.now(UTC)))
    return url


@pytest.fixture(scope="session")
def fresh_database(postgres_server: str, postgres_url: str) -> FreshDatabase:
    """Copies of the migrated template."""
    new_id = Uuid7()

    def fresh() -> str:
        name = f"test_{new_id().replace('-', '')}"
        asyncio.run(_create(postgres_server, name, "template_migrated"))
        return _named(postgres_server, name)

    return fresh


@pytest.fixture(scope="module")
def database_url(fresh_database: FreshDatabase) -> str:
    """A database of this test module alone."""
    return fresh_database()


def _named(url: str, name: str) -> str:
    address, _, options = url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}?{options}"


async def _create(url: str, name: str, template: str | None) -> None:
    connection: Any = await asyncpg.connect(url)
    try:
        copy = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
        await connection.execute(f"CREATE DATABASE {name}{copy}")
    finally:
        await connection.close()
