"""The database killed under an API that is asked all the time: it says what it knew last, and says that it is old."""

import os
import signal
from pathlib import Path

import httpx
import pytest
from redis import Redis

from composition.place import read_running
from tests.support.installation import installed

pytestmark = [pytest.mark.redis, pytest.mark.slow]


def test_who_reads_is_answered_while_the_database_is_away(tmp_path: Path, redis_url: str) -> None:
    with installed(tmp_path, CACHE_URL=redis_url) as there, Redis.from_url(redis_url) as shared:
        headers = {"authorization": f"Bearer {there.api_key}"}
        with httpx.Client(base_url=f"{there.base_url}/api/v1", headers=headers, timeout=30) as client:
            assert client.post("/locations", json={"code": "MAIN", "kind": "warehouse"}).status_code == 201
            fresh = client.get("/locations")
            assert (fresh.status_code, fresh.headers.get("warning")) == (200, None)
            running = read_running(tmp_path)
            assert running is not None
            assert running.postgres_pid is not None
            os.kill(running.postgres_pid, signal.SIGKILL)
            told = [client.get("/locations")]
            for old in (False, True):  # until it has been away, and is back
                while ("warning" in told[-1].headers) == old:
                    told.append(client.get("/locations"))
        assert {(answer.status_code, answer.content) for answer in told} == {(200, fresh.content)}
        assert list(shared.scan_iter("fluxor:cache:*"))
