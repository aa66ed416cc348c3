"""What ``fluxor up`` works out before it starts anything."""

import asyncio
from itertools import islice
from pathlib import Path

import pytest

from composition.settings import Settings
from composition.up import PortInUse, metrics_ports, running


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
