"""Telemetry that remembers what it was told."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from adapters.toolkit.metrics import COUNTERS, GAUGES, SECONDS


class MemoryTelemetry:
    """See ports.telemetry.Telemetry."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
        self.gauges: dict[str, float] = {}
        self.observations: Counter[str] = Counter()
        self.messages: list[tuple[str, str, dict[str, object]]] = []

    def count(self, name: str, amount: float = 1, /, **labels: str) -> None:
        """See the port."""
        _check(COUNTERS, name, labels)
        self.counts[name, tuple(sorted(labels.items()))] += amount  # type: ignore[assignment]

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        """See the port. How often, not how long: that would differ each time."""
        _check(SECONDS, name, labels)
        self.observations[name] += 1

    def gauge(self, name: str, amount: float, /, **labels: str) -> None:
        """See the port."""
        _check(GAUGES, name, labels)
        self.gauges[name] = amount

    @contextmanager
    def span(self, name: str, /, parent: str | None = None, **attributes: str) -> Iterator[None]:
        """See the port."""
        yield

    def log(self, level: str, message: str, /, **fields: object) -> None:
        """See the port. Warnings and errors are kept."""
        if level in ("warning", "error"):
            self.messages.append((level, message, fields))

    def render(self) -> bytes:
        """See the port."""
        lines = (f"{name}{dict(labels)} {amount}" for (name, labels), amount in sorted(self.counts.items()))
        return "\n".join(lines).encode()


def _check(declared: Mapping[str, tuple[str, tuple[str, ...]]], name: str, labels: Mapping[str, str]) -> None:
    _, names = declared[name]
    if set(labels) != set(names):
        raise ValueError(f"{name} has the labels {names}, not {tuple(labels)}")
