"""The whole API over PostgreSQL, without a server: what production composes, called in this process."""

import asyncio
from collections.abc import Iterator

import pytest

from adapters.postgres.engine import Database
from composition.http import Http
from composition.settings import Settings
from tests.api.recorded import Recorded
from tests.api.world import Caller, World, stocked
from tests.support.postgres import database_url, fresh_database, postgres_server, postgres_url

__all__ = ["database_url", "fresh_database", "postgres_server", "postgres_url"]


@pytest.fixture(scope="module")
def world(database_url: str) -> Iterator[World]:
    """An application over a database of its own, shared by a module's tests."""
    loop = asyncio.new_event_loop()
    database = Database(database_url, 4)
    loop.run_until_complete(database.open())
    telemetry, stopping = Recorded(), asyncio.Event()
    http = Http(
        database=database,
        telemetry=telemetry,
        stopping=stopping,
        cursor_secret=b"for tests",
        settings=Settings.from_environment(
            {"FLUXOR_DATA_DIR": "/nowhere", "ENVIRONMENT": "test", "WEBHOOK_NETWORKS": "127.0.0.0/8"}
        ),
    )
    yield World(loop, http, telemetry, stopping)
    loop.run_until_complete(database.close())
    loop.close()


@pytest.fixture(scope="module")
def shop(world: World) -> Caller:
    """A tenant with an item, a location and ten pieces on the shelf."""
    return stocked(world.tenant("shop"))
