"""Prometheus metrics, each declared here once: name, what it says, its labels."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "orders_enqueued_total": ("Orders taken in", ("priority",)),
    "orders_failed_total": ("Orders that could not be decided", ("reason",)),
    "saga_jobs_failed_total": ("Steps and time limits of sagas that were given up", ("reason",)),
    "saga_steps_total": ("Steps of sagas asked and answered", ("saga", "act", "outcome")),
    "order_processed_total": ("Orders decided", ("status",)),
    "http_requests_total": ("HTTP requests answered", ("status",)),
    "journal_events_relayed_total": ("Journal events delivered and confirmed", ("relay",)),
    "database_pool_exhausted_total": ("Requests that found no database connection", ()),
}
SECONDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "http_request_duration_seconds": ("HTTP request duration", ()),
    "api_response_time_seconds": ("Time to answer, by endpoint", ("endpoint",)),
    "order_processing_time_seconds": ("From taken in to decided", ()),
    "order_batch_seconds": ("One batch of the worker", ()),
    "fluxor_command_seconds": ("One command through the door", ("command", "outcome")),
}
GAUGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "queue_depth": ("Jobs in a queue", ("queue", "state")),
    "sagas_stuck": ("Sagas that wait for a person", ("saga",)),
    "database_pool_connections": ("Database connections", ("state",)),
}
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
