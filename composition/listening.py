"""The ports an installation listens on: found, shared out, and refused before anything is started."""

import socket
from collections.abc import Iterator
from itertools import repeat

from composition.settings import Settings


class PortInUse(OSError):
    """Somebody else listens on the port already, or there is none left."""


def metrics_ports(settings: Settings) -> Iterator[int]:
    """A port for each process's metrics, upwards from METRICS_PORT, leaving out the API's own. Raises PortInUse.

    Any port for all of them where it says so, or where metrics have no port of their own.
    """
    first, processes = settings.metrics_port, 2 + settings.worker_processes
    if first == 0 or settings.environment != "production":
        return repeat(first)
    ports = [port for port in range(first, min(first + processes + 1, 65_536)) if port != settings.port]
    if len(ports) < processes:
        raise PortInUse(f"METRICS_PORT={first} leaves no port for each of {processes} processes")
    return iter(ports[:processes])


def check_port(port: int) -> None:
    """Raise PortInUse when the port is taken, before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortInUse(f"port {port} is in use: choose another with --port or PORT") from error


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
