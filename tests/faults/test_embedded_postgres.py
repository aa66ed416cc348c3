"""The embedded database: one owner, nothing lost over a kill of anybody."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import pytest

from adapters.postgres.embedded import DataDirectoryInUse, EmbeddedPostgres
from tests.support.installation import ROOT

OWNER = """
import sys
from pathlib import Path
from adapters.postgres.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="fluxor-embedded-", dir="/tmp", ignore_cleanup_errors=True) as place:
        yield Path(place)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder)
    yield server
    server.stop()


def ask(url: str, query: str) -> Any:
    async def fetch() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def test_it_is_postgresql_18_with_durable_settings(server: EmbeddedPostgres) -> None:
    url = server.start()
    assert ask(url, "SELECT current_setting('server_version_num')::int / 10000") == 18
    assert ask(url, "SELECT current_setting('fsync') || current_setting('synchronous_commit')") == "onon"
    assert ask(url, "SELECT current_setting('listen_addresses')") == ""


def test_a_second_owner_is_refused_by_name_and_pid(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    with pytest.raises(DataDirectoryInUse, match=str(os.getpid())) as refusal:
        EmbeddedPostgres(folder).start()
    assert str(folder) in str(refusal.value)
    assert server.pid is not None, "the first owner keeps its server"


def test_what_was_committed_is_there_after_kill_9_of_the_database(server: EmbeddedPostgres) -> None:
    url = server.start()
    ask(url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS x")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    url = server.start()
    assert ask(url, "SELECT count(*) FROM kept") == 1000


def test_a_server_whose_owner_was_killed_is_adopted(server: EmbeddedPostgres, folder: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    assert owner.stdin is not None
    pid = int(owner.stdout.readline())
    owner.kill()
    owner.wait(10)
    owner.stdout.close()
    owner.stdin.close()
    server.start()
    assert server.pid == pid
