"""What ``fluxor up`` works out before it starts anything."""

import pytest

from composition.settings import Settings
from composition.up import PortInUse, metrics_ports


def settings(**environment: str) -> Settings:
    return Settings.from_environment(environment)


def test_each_process_has_a_metrics_port_of_its_own_and_never_the_apis() -> None:
    assert [*metrics_ports(settings(METRICS_PORT="9090"), 3)] == [9090, 9091, 9092]
    assert [*metrics_ports(settings(METRICS_PORT="9090", PORT="9091"), 3)] == [9090, 9092, 9093]


def test_any_free_port_is_any_free_port_for_each() -> None:
    ports = metrics_ports(settings(METRICS_PORT="0"), 3)
    assert [next(ports) for _ in range(3)] == [0, 0, 0]


def test_ports_that_do_not_reach_are_refused_before_anything_starts() -> None:
    with pytest.raises(PortInUse, match="METRICS_PORT=65534"):
        metrics_ports(settings(METRICS_PORT="65534"), 3)
