"""One private RabbitMQ node a test session: own ports, own folder, own name, and nothing of the machine's is touched.

Use it by importing the fixture into a ``conftest.py``, or start a ``RabbitServer`` of your own to be rough with.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from adapters.rabbitmq.queues import strand_name
from core.kernel.event import EVENT_QUEUE
from core.kernel.message import STRANDS, Priority
from tests.support.debian import can_install, install
from tests.support.server import started

START_SECONDS = 120.0
STOP_SECONDS = 60.0
_POLL_SECONDS = 0.1
_CONFIGURATION = """
listeners.tcp.1 = 127.0.0.1:{port}
log.console = false
log.file.level = warning
disk_free_limit.absolute = 10MB
raft.wal_max_size_bytes = 33554432
"""


class RabbitServer:
    """A node in ``folder``. It may be killed, frozen and started again on the same data and port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._distribution_port, self._epmd_port = _free_ports(3)
        self._name = f"fluxor-{self._port}@localhost"
        self._epmd: subprocess.Popen[bytes] | None = None
        self._node: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens, on this machine only."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Start it and wait until it takes a connection."""
        self._folder.joinpath("rabbitmq.conf").write_text(_CONFIGURATION.format(port=self._port), encoding="utf-8")
        environment = self._environment()
        if self._epmd is None:
            # The runtime would start one for the whole machine, and leave it behind.
            epmd = shutil.which("epmd") or "/usr/bin/epmd"
            self._epmd = subprocess.Popen([epmd, "-port", str(self._epmd_port), "-address", "127.0.0.1"])
        with self._folder.joinpath("output").open("ab") as output:
            self._node = subprocess.Popen(
                [_program()], cwd=self._folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.url):
            if self._node.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"RabbitMQ does not start: {self._folder.joinpath('output').read_text()[-2000:]}")
            time.sleep(_POLL_SECONDS)

    def wait_until_written(self, queue: str) -> None:
        """Until the server has it on disk that there is such a queue: killed before, it forgets what is in it."""
        names = self._folder / "data" / self._name / "quorum" / self._name / "names.dets"
        deadline = time.monotonic() + START_SECONDS
        while queue.encode() not in names.read_bytes():
            if time.monotonic() > deadline:
                raise RuntimeError(f"RabbitMQ does not write down that there is a queue {queue}")
            time.sleep(_POLL_SECONDS)

    def settle(self) -> None:
        """Wait until the queues of events are written down: the last one is made last."""
        self.wait_until_written(strand_name((EVENT_QUEUE, max(Priority), STRANDS - 1)))

    def kill(self) -> None:
        """Gone from one moment to the next, as with the power."""
        self._signal(signal.SIGKILL)
        self._wait()

    def freeze(self) -> None:
        """It stays connected and says nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        self._signal(signal.SIGCONT)

    def alarm(self, *, on: bool) -> None:
        """The disk is as good as full: it reads nothing of what is sent; or not any more."""
        program = str(Path(_program()).with_name("rabbitmqctl"))
        limit = "10" + "0" * (15 if on else 6)
        command = [program, "--node", self._name, "set_disk_free_limit", limit]
        subprocess.run(command, cwd=self._folder, env=self._environment(), check=True, capture_output=True, timeout=60)

    def stop(self) -> None:
        """End whatever of it is still there."""
        if self._node is not None and self._node.poll() is None:
            self.thaw()
            self._signal(signal.SIGTERM)
            self._wait()
        if self._epmd is not None:
            self._epmd.terminate()
            self._epmd.wait(STOP_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        assert self._node is not None
        self._node.send_signal(number)

    def _wait(self) -> None:
        assert self._node is not None
        try:
            self._node.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._node.kill()
            self._node.wait()

    def _environment(self) -> dict[str, str]:
        folder = str(self._folder)
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        return ours | {
            "HOME": folder,  # the cookie is kept there
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self._name,
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            # The script becomes the node instead of watching over it: the process we know is the one to signal.
            "RABBITMQ_ALLOW_INPUT": "true",
            "RABBITMQ_SERVER_START_ARGS": "-noinput -kernel inet_dist_use_interface {127,0,0,1}",
        }


@pytest.fixture(scope="session")
def rabbitmq_url() -> Iterator[str]:
    """The URL of a running node. It ends with the session, and its data goes."""
    given = os.environ.get("RABBITMQ_URL")
    if given and not _found() and _answers(given):
        yield given
        return
    with rabbit_server() as server:
        yield server.url


def rabbit_server() -> AbstractContextManager[RabbitServer]:
    """A running node of one's own."""
    return started("rabbit", RabbitServer)


def _program() -> str:
    """The start script itself: Debian's wrapper around it changes to a user to whom our folder is closed."""
    found = _found()
    if found is None and can_install():
        install("rabbitmq-server")
        found = _found()
    if found is None:
        raise RuntimeError(
            "the tests of RabbitMQ need rabbitmq-server: install it, or set RABBITMQ_URL to a running one"
        )
    return found


def _found() -> str | None:
    scripts = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    return str(scripts[-1]) if scripts else shutil.which("rabbitmq-server")


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [one.getsockname()[1] for one in held]


def _answers(url: str) -> bool:
    """Whether somebody greets at ``url`` as a broker does: a plain connection may be taken before it is ready."""
    place = urlsplit(url)
    try:
        with socket.create_connection((place.hostname or "127.0.0.1", place.port or 5672), timeout=5) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(connection.recv(1))
    except OSError:
        return False
