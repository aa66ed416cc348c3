"""One private Redis a test session: own port, own folder, and nothing of the machine's is touched.

Use it by importing the fixture into a ``conftest.py``, or start a ``RedisServer`` of your own to be rough with.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.debian import can_install, install
from tests.support.server import started

START_SECONDS = 60.0
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.02


class RedisServer:
    """A server in ``folder`` that writes down what it is told. It may be killed, frozen and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens, on this machine only."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self._folder),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for name, text in options.items() for part in (f"--{name}", text)]
        with self._folder.joinpath("output").open("ab") as output:
            self._process = subprocess.Popen(
                [_program(), *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.url):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Redis does not start: {self._folder.joinpath('output').read_text()[-2000:]}")
            time.sleep(_POLL_SECONDS)

    def settle(self) -> None:
        """It writes down everything before it answers."""

    def kill(self) -> None:
        """Gone from one moment to the next, as with the power."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """It stays connected and says nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it, if it is still there."""
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self._process.terminate()
            self._process.wait(STOP_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "it was started"
        self._process.send_signal(number)
        if number is signal.SIGKILL:
            self._process.wait(STOP_SECONDS)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a running server. It ends with the session, and its data goes."""
    given = os.environ.get("REDIS_URL")
    if given and not shutil.which("redis-server") and _answers(given):
        yield given
        return
    with redis_server() as server:
        yield server.url


def redis_server() -> AbstractContextManager[RedisServer]:
    """A running server of one's own."""
    return started("redis", RedisServer)


def _program() -> str:
    found = shutil.which("redis-server")
    if found is None and can_install():
        install("redis-server")
        found = shutil.which("redis-server")
    if found is None:
        raise RuntimeError("the tests of Redis need redis-server: install it, or set REDIS_URL to a running one")
    return found


def _answers(url: str) -> bool:
    place = urlsplit(url)
    try:
        with socket.create_connection((place.hostname or "127.0.0.1", place.port or 6379), timeout=5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False
