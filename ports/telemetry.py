"""Numbers, spans and log lines for whoever operates Fluxor. Nothing here may fail or slow the work it watches."""

from contextlib import AbstractContextManager
from typing import Protocol


class Telemetry(Protocol):
    """Names are stable (SPEC ORD-11, OBS-03); labels are few and bounded, never a tenant's or a customer's."""

    def count(self, name: str, amount: float = 1, /, **labels: str) -> None:
        """Add to a counter."""
        ...

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        """Record a duration in a histogram."""
        ...

    def gauge(self, name: str, amount: float, /, **labels: str) -> None:
        """Set a gauge."""
        ...

    def span(self, name: str, /, parent: str | None = None, **attributes: str) -> AbstractContextManager[None]:
        """A traced piece of work; ``parent`` is a W3C traceparent. Log lines inside carry its ids."""
        ...

    def log(self, level: str, message: str, /, **fields: object) -> None:
        """One structured line; ``level`` is debug, info, warning or error."""
        ...

    def render(self) -> bytes:
        """All metrics as Prometheus text."""
        ...
