"""``fluxor up``: everything on one machine, from one command, until it is stopped."""

import asyncio
import os
import signal
import socket
import urllib.request
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from urllib.error import URLError

from adapters.postgres.embedded import EmbeddedPostgres, ServerFailed
from adapters.postgres.migrate import migrate
from composition.children import Child
from composition.first_tenant import first_key
from composition.listening import check_port, metrics_ports
from composition.place import Place, Running, write_running
from composition.settings import Settings

WATCH_SECONDS = 0.25
READY_SECONDS = 60.0


class Installation:
    """One running installation: what it was told, and the processes it consists of."""

    def __init__(self, settings: Settings, place: Place, server: EmbeddedPostgres | None) -> None:
        self._settings = settings
        self._place = place
        self._server = server
        reading, self._lifeline = os.pipe()
        environment = {
            "DATABASE_URL": place.url,
            "DATABASE_OWNER_URL": place.owner_url,
            "FLUXOR_DATA_DIR": str(settings.data_dir),
            "PORT": str(settings.port),
        }
        ports = metrics_ports(settings)

        def child(name: str, *arguments: str) -> Child:
            # In production each process serves its metrics, on a port of its own: upwards from the one that is set.
            own = {**environment, "METRICS_PORT": str(next(ports))}
            return Child(name, list(arguments), own, settings.data_dir / "log" / f"{name}.log", reading)

        self.api = child("api", "api")
        self.workers = [
            child(f"worker-{n}", "worker", "--no-relay", "--name", f"{socket.gethostname()}-{n}")
            for n in range(1, settings.worker_processes + 1)
        ]
        # A process of its own: beside deciding, relaying would wait for the interpreter's lock.
        self.relay = child("relay", "relay")

    @property
    def base_url(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self._settings.port}"

    @property
    def children(self) -> list[Child]:
        """API first."""
        return [self.api, *self.workers, self.relay]

    def start(self) -> None:
        """Start every process."""
        for child in self.children:
            child.start()
        self.publish()

    def publish(self) -> None:
        """Tell other commands where everything is."""
        write_running(
            self._settings.data_dir,
            Running(
                pid=os.getpid(),
                database_url=self._place.url,
                owner_url=self._place.owner_url,
                base_url=self.base_url,
                postgres_pid=self._server.pid if self._server else None,
                api_pids=_pids([self.api]),
                worker_pids=_pids(self.workers),
                relay_pids=_pids([self.relay]),
            ),
        )

    async def watch(self, stopping: asyncio.Event) -> None:
        """Bring back what dies, the database too, until told to stop."""
        changed = False
        while not stopping.is_set():
            try:
                changed |= await self._revive()
                if changed:
                    self.publish()
                    changed = False
            except OSError as error:
                # No room on the disk, no process to be had: it passes, and then all of it is tried again.
                changed = True
                _say(f"something does not come back yet: {error}")
            try:
                await asyncio.wait_for(stopping.wait(), WATCH_SECONDS)
            except TimeoutError:
                continue

    async def stop(self) -> None:
        """API first, so that nothing new comes in; then the others; the database is stopped by whoever started it."""
        seconds = self._settings.shutdown_timeout_seconds
        await self.api.stop(seconds)
        await asyncio.gather(*(child.stop(seconds) for child in (*self.workers, self.relay)))
        os.close(self._lifeline)

    async def _revive(self) -> bool:
        """Whether anything came back. Raises OSError with whatever could not be brought back still dead."""
        without_database = self._server is not None and self._server.pid is None
        if without_database:
            await asyncio.to_thread(self._revive_database)
        revived, failed = without_database, list[OSError]()
        for child in self.children:
            try:
                revived |= child.revive()
            except OSError as error:
                failed.append(error)
        if failed:
            raise failed[0]
        return revived

    def _revive_database(self) -> None:
        assert self._server is not None
        try:
            self._server.start()
        except ServerFailed as error:
            _say(f"the database does not come back: {error}")


def _say(words: str) -> None:
    with suppress(OSError):  # whoever listens may be a file on the very disk that is full
        print(words, flush=True)


def _pids(children: Iterable[Child]) -> list[int]:
    return [child.pid for child in children if child.pid]


async def up(settings: Settings, *, demo: bool = False) -> int:
    """Run until SIGINT or SIGTERM; answers the exit code. Raises DataDirectoryInUse, PortInUse, ServerFailed."""
    check_port(settings.port)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with running(settings, demo=demo) as installation:
        print(f"Fluxor is up on {installation.base_url} (API description: {installation.base_url}/docs)", flush=True)
        print("Stop it with Ctrl-C.", flush=True)
        await installation.watch(stopping)
        print("Stopping ...", flush=True)
    return 0


@asynccontextmanager
async def running(settings: Settings, *, announce: bool = True, demo: bool = False) -> AsyncIterator[Installation]:
    """A whole installation, ready to answer; stopped in order when the block ends."""
    metrics_ports(settings)  # refused before anything is started
    async with AsyncExitStack() as stack:
        server = None
        if settings.database_url is None:
            server = EmbeddedPostgres(settings.data_dir)
            url = owner_url = await asyncio.to_thread(server.start)
            stack.push_async_callback(asyncio.to_thread, server.stop)
        else:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            url, owner_url = settings.database_url, settings.database_owner_url or settings.database_url
        await migrate(owner_url, datetime.now(UTC))
        if announce:
            await first_key(settings, url, demo=demo)
        installation = Installation(settings, Place(url=url, owner_url=owner_url), server)
        installation.start()
        stack.push_async_callback(installation.stop)
        await wait_until_ready(installation)
        installation.publish()
        yield installation


async def wait_until_ready(installation: Installation) -> None:
    """Until the API says it is ready. Raises TimeoutError, naming the log, when it does not in time."""
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    while not await asyncio.to_thread(_ready, f"{installation.base_url}/health/ready"):
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError("the API does not become ready; see api.log in the data directory's log folder")
        await asyncio.sleep(0.05)


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
