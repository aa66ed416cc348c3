"""Telemetry that remembers, for tests that look at what was told."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Recorded:
    """See ports.telemetry.Telemetry."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
        self.lines: list[tuple[str, str, dict[str, object]]] = []

    def count(self, name: str, amount: float = 1, /, **labels: str) -> None:
        """See the port."""
        self.counts[name, tuple(sorted(labels.items()))] += int(amount)

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        """See the port."""

    def gauge(self, name: str, amount: float, /, **labels: str) -> None:
        """See the port."""

    @contextmanager
    def span(self, name: str, /, parent: str | None = None, **attributes: str) -> Iterator[None]:
        """See the port."""
        yield

    def log(self, level: str, message: str, /, **fields: object) -> None:
        """See the port."""
        self.lines.append((level, message, fields))

    def errors(self) -> list[object]:
        """What was logged as an error."""
        return [fields["error"] for level, _, fields in self.lines if level == "error"]

    def render(self) -> bytes:
        """See the port."""
        return b"".join(f"{name} {number}\n".encode() for (name, _), number in self.counts.items())
