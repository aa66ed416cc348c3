"""The one object entrypoints talk to: metrics, spans, log lines."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from adapters.telemetry.expose import expose
from adapters.telemetry.logs import configure_logs
from adapters.telemetry.metrics import Metrics

SAMPLED = 0.01
"""One trace in a hundred, unless the caller's traceparent says otherwise."""


class ProcessTelemetry:
    """See ports.telemetry.Telemetry. Spans go to ``endpoint``, if any: OTLP over HTTP, from a thread of their own."""

    def __init__(
        self,
        *,
        service: str,
        version: str,
        environment: str,
        level: str,
        endpoint: str | None = None,
        sampled: float = SAMPLED,
    ) -> None:
        self._metrics = Metrics()
        self._log = configure_logs(level, service=service, version=version, environment=environment)
        provider = TracerProvider(
            resource=Resource.create({"service.name": service, "service.version": version}),
            sampler=ParentBased(TraceIdRatioBased(sampled)),
        )
        if endpoint is not None:
            # Imported when asked for: it brings an HTTP client that no other process needs to load.
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
            provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = provider.get_tracer("fluxor")
        self._propagator = TraceContextTextMapPropagator()

    def count(self, name: str, amount: float = 1, /, **labels: str) -> None:
        """See the port."""
        self._metrics.count(name, amount, labels)

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        """See the port."""
        self._metrics.observe(name, seconds, labels)

    def gauge(self, name: str, amount: float, /, **labels: str) -> None:
        """See the port."""
        self._metrics.gauge(name, amount, labels)

    @contextmanager
    def span(self, name: str, /, parent: str | None = None, **attributes: str) -> Iterator[None]:
        """See the port. Exceptions are recorded on the span."""
        context: Any = self._propagator.extract({"traceparent": parent}) if parent else None
        with self._tracer.start_as_current_span(name, context=context, attributes=dotted(attributes)):
            yield

    def log(self, level: str, message: str, /, **fields: object) -> None:
        """See the port. A field that is called like one of every line has an underscore behind its name."""
        getattr(self._log, level)(message, fields=fields)

    def expose(self, port: int) -> None:
        """Serve the metrics on a port of their own. Raises OSError when it is taken."""
        expose(self._metrics.registry, port)

    def render(self) -> bytes:
        """See the port."""
        return self._metrics.render()


def dotted(attributes: Mapping[str, str]) -> dict[str, str]:
    """Attribute names as OpenTelemetry writes them (SPEC OBS-01): ``tenant`` is ``tenant.id``, and so on."""
    names = {"tenant": "tenant.id", "correlation": "request.id", "method": "request.method", "path": "request.path"}
    return {names.get(name, name): text for name, text in attributes.items()}
