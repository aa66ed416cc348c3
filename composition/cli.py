"""The ``fluxor`` command: settings, operations, and the process each command becomes."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import uvloop

from adapters.postgres import migrate as schema
from composition.bench import bench
from composition.http import serve
from composition.place import database_place
from composition.session import cli_session
from composition.settings import Settings
from composition.telemetry import VERSION
from composition.up import up
from composition.worker import relay, work
from entrypoints.cli.main import build
from entrypoints.cli.session import Operations

BACKLOG = 2048
Answer = TypeVar("Answer")


def main() -> None:
    """Entry point of the console script."""
    build(operations())()


def operations() -> Operations:
    """The operations behind the commands. Settings are read when a command runs, so that ``--help`` needs none."""
    return Operations(
        version=VERSION,
        session=lambda: cli_session(quiet(Settings.from_environment())),
        up=_up,
        api=_api,
        worker=_worker,
        relay=_relay,
        migrate=lambda: _as_owner(lambda url: schema.migrate(url, datetime.now(UTC))),
        schema_status=lambda: _as_owner(schema.status),
        partitions=lambda: _as_owner(lambda url: schema.partitions(url, datetime.now(UTC))),
        bench=lambda options: bench(Settings.from_environment(), options),
        simulate=_simulate,
    )


def quiet(settings: Settings) -> Settings:
    """A command's own log lines would be in the way of what it prints."""
    return msgspec.structs.replace(settings, log_level="error")


def _up(port: int | None, data_dir: Path | None, workers: int | None, demo: bool) -> int:
    settings = Settings.from_environment()
    settings = msgspec.structs.replace(
        settings,
        port=settings.port if port is None else port,
        data_dir=settings.data_dir if data_dir is None else data_dir.expanduser().absolute(),
        worker_processes=settings.worker_processes if workers is None else workers,
    )
    return asyncio.run(up(settings, demo=demo))


def _api() -> int:
    settings = Settings.from_environment()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    host = "127.0.0.1" if settings.environment == "development" else "0.0.0.0"
    listener.bind((host, settings.port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return _on_database(settings, lambda url, owner: serve(settings, url, listener))


def _worker(name: str, relaying: bool) -> int:
    settings = Settings.from_environment()
    return _on_database(settings, lambda url, owner: work(settings, url, owner, name, relaying=relaying))


def _relay() -> int:
    settings = Settings.from_environment()
    return _on_database(settings, lambda url, owner: relay(settings, url))


def _on_database(settings: Settings, run: Callable[[str, str], Awaitable[None]]) -> int:
    async def process() -> None:
        async with database_place(settings) as place:
            await run(place.url, place.owner_url)

    uvloop.run(process())
    return 0


def _simulate(
    first: int, last: int, faults: str, as_json: bool, quiet_minutes: float, processes: int | None, shrinking: bool
) -> int:
    # Imported when asked for: no other process needs the simulator.
    from composition.simulation.many import simulate

    return simulate(first, last, faults, as_json, quiet_minutes, processes, shrinking)


async def _as_owner(ask: Callable[[str], Awaitable[Answer]]) -> Answer:
    async with database_place(Settings.from_environment()) as place:
        return await ask(place.owner_url)


if __name__ == "__main__":
    main()
