"""What ``fluxor up`` works out before it starts anything."""

import asyncio
import errno
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

from composition.children import Child
from composition.listening import PortInUse, metrics_ports
from composition.place import RUNTIME, Place
from composition.settings import Settings
from composition.up import Installation, running


def settings(**environment: str) -> Settings:
    return Settings.from_environment({"ENVIRONMENT": "production", **environment})


def test_each_process_has_a_metrics_port_of_its_own_and_never_the_apis() -> None:
    assert [*metrics_ports(settings(METRICS_PORT="9090"))] == [9090, 9091, 9092]
    assert [*metrics_ports(settings(METRICS_PORT="9090", PORT="9091"))] == [9090, 9092, 9093]
    assert [*metrics_ports(settings(METRICS_PORT="9090", WORKER_PROCESSES="3"))] == [*range(9090, 9095)]


def test_any_free_port_is_any_free_port_for_each() -> None:
    assert [*islice(metrics_ports(settings(METRICS_PORT="0")), 3)] == [0, 0, 0]


def test_where_metrics_have_no_port_of_their_own_none_is_missed() -> None:
    assert [*islice(metrics_ports(settings(METRICS_PORT="65534", ENVIRONMENT="development")), 3)] == [65534] * 3


def test_ports_that_do_not_reach_are_refused_before_anything_starts(tmp_path: Path) -> None:
    async def start() -> None:
        async with running(settings(METRICS_PORT="65534", FLUXOR_DATA_DIR=str(tmp_path / "data"))):
            raise AssertionError("it must not have started")

    with pytest.raises(PortInUse, match="METRICS_PORT=65534"):
        asyncio.run(start())
    assert not (tmp_path / "data").exists()


class Mortal(Child):
    """Dead, and on a disk that is full the first time it is to be started."""

    tries = 0

    @property
    def alive(self) -> bool:
        return self.tries > 1

    def revive(self) -> bool:
        if self.alive:
            return False
        self.tries += 1
        if self.tries == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return True


class Late(Mortal):
    """Cannot be started before another is: nobody is kept from starting by it."""

    other: Child

    def revive(self) -> bool:
        if not self.other.alive:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().revive()


def test_a_full_disk_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Nothing is given up: what could not be started is, and what could not be written down is, once there is room."""
    monkeypatch.setattr("composition.up.WATCH_SECONDS", 0.0)
    folder = tmp_path / "data"
    there = Installation(settings(FLUXOR_DATA_DIR=str(folder)), Place(url="u", owner_url="o"), None)
    for name in ("api", "relay"):
        setattr(there, name, Mortal(name, [], {}, folder / "log", 0))
    late = Late("worker", [], {}, folder / "log", 0)
    there.workers, late.other = [late], there.relay

    async def watched() -> None:
        stopping = asyncio.Event()
        watching = asyncio.ensure_future(there.watch(stopping))
        while not all(child.alive for child in there.children):
            await asyncio.sleep(0)
        folder.mkdir()  # until now nothing could be written there
        while not (folder / RUNTIME).exists():
            await asyncio.sleep(0)
        stopping.set()
        await watching

    asyncio.run(asyncio.wait_for(watched(), 30))
    assert "No space left on device" in capsys.readouterr().out


class Doomed(Child):
    """Dies as soon as it is started, at the time it is then."""

    def __init__(self, log: Path) -> None:
        super().__init__("api", [], {}, log, 0)
        self.time = 0.0
        self.starts: list[float] = []

    alive = False

    def start(self) -> None:
        self.starts.append(self.time)
        self._due = None


def test_who_dies_again_and_again_comes_back_later_each_time_and_nobody_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = Doomed(tmp_path / "log")
    monkeypatch.setattr("composition.children.monotonic", lambda: child.time)
    while child.time < 20:
        assert child.revive() is (child.time in child.starts)
        child.time += 0.125
    assert [later - earlier for earlier, later in pairwise(child.starts)] == [0.625, 2.125, 5.125, 5.125, 5.125]
