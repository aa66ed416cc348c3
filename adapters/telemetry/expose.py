"""Metrics on a port of their own, for processes without an HTTP surface and for production."""

from prometheus_client import CollectorRegistry, start_http_server


def expose(registry: CollectorRegistry, port: int) -> None:
    """Serve ``registry`` as Prometheus text on ``port``, from a thread that ends with the process.

    Raises OSError when the port is taken.
    """
    start_http_server(port, registry=registry)
