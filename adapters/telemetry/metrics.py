"""The declared metrics, for Prometheus."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from adapters.toolkit.metrics import COUNTERS, GAUGES, SECONDS

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """All metrics of one process. A name that is not declared is a defect and raises KeyError."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters = {n: Counter(n, d, ls, registry=self.registry) for n, (d, ls) in COUNTERS.items()}
        self._seconds = {
            n: Histogram(n, d, ls, registry=self.registry, buckets=BUCKETS) for n, (d, ls) in SECONDS.items()
        }
        self._gauges = {n: Gauge(n, d, ls, registry=self.registry) for n, (d, ls) in GAUGES.items()}
        self._bound: dict[tuple[str, tuple[str, ...]], Counter | Histogram | Gauge] = {}

    def count(self, name: str, amount: float, labels: Mapping[str, str]) -> None:
        """Add to a counter."""
        child = self._child(name, self._counters[name], labels)
        assert isinstance(child, Counter)
        child.inc(amount)

    def observe(self, name: str, seconds: float, labels: Mapping[str, str]) -> None:
        """Record a duration."""
        child = self._child(name, self._seconds[name], labels)
        assert isinstance(child, Histogram)
        child.observe(seconds)

    def gauge(self, name: str, amount: float, labels: Mapping[str, str]) -> None:
        """Set a gauge."""
        child = self._child(name, self._gauges[name], labels)
        assert isinstance(child, Gauge)
        child.set(amount)

    def render(self) -> bytes:
        """Prometheus text."""
        return generate_latest(self.registry)

    def _child(
        self, name: str, metric: Counter | Histogram | Gauge, labels: Mapping[str, str]
    ) -> Counter | Histogram | Gauge:
        if not labels:
            return metric
        key = (name, tuple(labels.values()))
        child = self._bound.get(key)
        if child is None:
            # Looking a child up by its labels costs twice what adding to it does: each is looked up once.
            child = self._bound[key] = metric.labels(**labels)
        return child
