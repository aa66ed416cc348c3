"""The embedded PostgreSQL: one server a data directory, reached through a unix socket only.

It outlives a killed Fluxor and is then adopted by the next one. A killed server is started again on its data
once the last of its old processes has gone; two servers never share the data, and nothing is removed from it.
"""

import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from adapters.postgres.embedded_cluster import SOCKET_NAME, prepare_cluster, socket_directory
from adapters.postgres.embedded_owner import DataDirectoryInUse, OwnerLock
from adapters.postgres.embedded_tools import (
    BIN_PATH,
    command_line,
    disown,
    run_tool,
    server_user,
    tool_environment,
)

__all__ = ["DataDirectoryInUse", "EmbeddedPostgres", "ServerFailed"]

DATABASE = "fluxor"
_START_TIMEOUT_SECONDS = 600.0  # crash recovery replays up to max_wal_size
_STOP_TIMEOUT_SECONDS = 120.0
_POLL_SECONDS = 0.05
_PAUSE_SECONDS = 0.5
TRIES_MAX = 5


class ServerFailed(RuntimeError):
    """The server could not be started or stopped; the message carries what it said."""


class EmbeddedPostgres:
    """The server of one data directory. Calls block: run them outside the event loop."""

    def __init__(self, data_dir: Path) -> None:
        self._home = data_dir.expanduser().resolve()
        self._cluster = self._home / "postgres"
        self._lock = OwnerLock(self._home)
        self._child: subprocess.Popen[bytes] | None = None
        self._failures = 0

    @property
    def bin_path(self) -> Path:
        """The folder with the server's programs, pgbench among them."""
        return BIN_PATH

    @property
    def pid(self) -> int | None:
        """The process id of the running server, or None."""
        lines = self._pid_file()
        if not lines or not lines[0].isdigit():
            return None
        pid = int(lines[0])
        return pid if self._serves_us(pid) else None

    def start(self) -> str:
        """Own the data directory, start or adopt its server, create the database, return its URL.

        May be called again after the server died. Raises DataDirectoryInUse or ServerFailed.
        """
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.acquire()
        try:
            user = server_user()
            prepare_cluster(self._home, self._cluster, user)
            folder = self._bring_up(user)
            self._create_database(folder)
        except BaseException:
            self.stop()
            raise
        return f"postgresql://postgres@/{DATABASE}?host={quote(str(folder))}"

    def stop(self) -> None:
        """Shut the server down fast (open transactions roll back), wait for it, give the directory back.

        Does nothing when we do not own the directory. Raises ServerFailed when the server does not go.
        """
        if not self._lock.held:
            return
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + _STOP_TIMEOUT_SECONDS
        while pid is not None and self._serves_us(pid):
            if time.monotonic() > deadline:
                raise ServerFailed(f"the database, process {pid}, does not stop")
            time.sleep(_POLL_SECONDS)
        if self._child is not None:
            if self._child.poll() is None:
                self._child.send_signal(signal.SIGINT)  # it had not come so far as to say who it is
            self._child.wait(_STOP_TIMEOUT_SECONDS)
        self._lock.release()

    def _bring_up(self, user: str | None) -> Path:
        """Wait until a server is ready, starting one whenever none is left; return its socket's folder."""
        if not self._starting():
            self._child = None  # what an earlier server died of says nothing about this start
        self._failures = 0
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if self.pid is None and not self._starting():
                self._check_last_try()
                self._launch(user)
            folder = self._ready_folder()
            if folder is not None:
                return folder
            time.sleep(_POLL_SECONDS)
        raise ServerFailed(f"the database does not become ready: {self._last_words()}")

    def _starting(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def _check_last_try(self) -> None:
        """What is left of a killed server (its processes, its lock files) goes within a few tries; a defect stays.

        Processes that have not gone yet are waited for as long as it takes.
        """
        if self._child is None or "is still in use" in self._last_words():
            return
        self._failures += 1
        if self._failures >= TRIES_MAX:
            raise ServerFailed(f"the database did not start: {self._last_words()}")
        time.sleep(_PAUSE_SECONDS)

    def _ready_folder(self) -> Path | None:
        """The folder of the socket once the server answers there."""
        lines = self._pid_file()
        if self.pid is None or len(lines) < 8 or lines[7].strip() != "ready":
            return None
        # The file says ready while a server recovers from the crash of one of its processes.
        question = [str(BIN_PATH / "pg_isready"), "-q", "-h", lines[4], "-p", "5432"]
        asked = subprocess.run(question, cwd=self._home, env=tool_environment(), check=False)
        return Path(lines[4]) if asked.returncode == 0 else None

    def _launch(self, user: str | None) -> None:
        folder = socket_directory(self._cluster, user)
        for lock_file in (self._cluster / "postmaster.pid", folder / f"{SOCKET_NAME}.lock"):
            disown(lock_file)
        with (self._home / "log" / "start.log").open("wb") as output:
            self._child = subprocess.Popen(
                [BIN_PATH / "postgres", "-D", self._cluster, "-k", folder, "-p", "5432"],
                cwd=self._cluster,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                env=tool_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for Fluxor, which then stops the server in order
            )

    def _create_database(self, folder: Path) -> None:
        ask = ["-XAt", f"--host={folder}", "--port=5432", "--username=postgres", "--dbname=postgres", "-c"]
        exists = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"
        if not run_tool("psql", [*ask, exists], self._home).strip():
            run_tool("psql", [*ask, f"CREATE DATABASE {DATABASE}"], self._home)

    def _pid_file(self) -> list[str]:
        try:
            return (self._cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _last_words(self) -> str:
        """The end of what the server said at its start, and of what its log collector took over from there."""
        logs = self._home / "log"
        newest = sorted(logs.glob("postgres-*.log"), key=lambda log: log.stat().st_mtime)[-1:]
        words = [log.read_text(encoding="utf-8", errors="replace")[-1500:] for log in (logs / "start.log", *newest)]
        return "\n".join(words).strip()

    def _serves_us(self, pid: int) -> bool:
        """Whether ``pid`` is a live server on our data, not a stranger that got the number of a dead one."""
        if self._child is not None:
            self._child.poll()  # collects our own child when it has died: it would look alive otherwise
        return str(self._cluster) in command_line(pid)
