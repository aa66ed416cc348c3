"""Where the database is: given by URL, run by a ``fluxor up`` that is alive, or started for one command."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import migrate
from composition.settings import Settings

RUNTIME = "runtime.json"


class Running(msgspec.Struct):
    """What a running ``fluxor up`` tells other commands about itself."""

    pid: int
    database_url: str
    owner_url: str
    base_url: str
    postgres_pid: int | None
    api_pids: list[int]
    worker_pids: list[int]
    relay_pids: list[int]


class Place(msgspec.Struct):
    """A migrated database: ``url`` for the app role's connections, ``owner_url`` for the schema's owner."""

    url: str
    owner_url: str
    postgres_pid: int | None = None
    bin_path: Path | None = None


def read_running(data_dir: Path) -> Running | None:
    """What the ``fluxor up`` of this data directory says of itself, if it is alive."""
    try:
        running = msgspec.json.decode((data_dir / RUNTIME).read_bytes(), type=Running)
        os.kill(running.pid, 0)
    except (FileNotFoundError, ProcessLookupError, msgspec.DecodeError):
        return None
    return running


def write_running(data_dir: Path, running: Running) -> None:
    """Say so, in one step: a reader sees the old file or the new one."""
    draft = data_dir / f"{RUNTIME}.new"
    draft.write_bytes(msgspec.json.encode(running))
    draft.replace(data_dir / RUNTIME)


@asynccontextmanager
async def database_place(settings: Settings) -> AsyncIterator[Place]:
    """The database of these settings, for one command; an embedded server started for it is stopped after it.

    Raises DataDirectoryInUse when another process owns the data directory but is not a running ``fluxor up``.
    """
    running = read_running(settings.data_dir)
    if settings.database_url is not None:
        yield Place(url=settings.database_url, owner_url=settings.database_owner_url or settings.database_url)
    elif running is not None:
        yield Place(
            url=running.database_url,
            owner_url=running.owner_url,
            postgres_pid=running.postgres_pid,
            bin_path=EmbeddedPostgres(settings.data_dir).bin_path,
        )
    else:
        async with embedded_place(settings.data_dir) as place:
            yield place


@asynccontextmanager
async def embedded_place(data_dir: Path) -> AsyncIterator[Place]:
    """An embedded server of one's own, migrated."""
    server = EmbeddedPostgres(data_dir)
    url = await asyncio.to_thread(server.start)
    try:
        await migrate(url, datetime.now(UTC))
        yield Place(url=url, owner_url=url, postgres_pid=server.pid, bin_path=server.bin_path)
    finally:
        await asyncio.to_thread(server.stop)
