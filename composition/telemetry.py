"""Each process's telemetry, from its settings."""

from importlib.metadata import version

from adapters.telemetry.telemetry import ProcessTelemetry
from composition.settings import Settings

VERSION = version("fluxor")


def telemetry_of(settings: Settings, service: str) -> ProcessTelemetry:
    """Metrics, spans and logs under the name ``service``; in production the metrics have a port of their own."""
    telemetry = ProcessTelemetry(
        service=service,
        version=VERSION,
        environment=settings.environment,
        level=settings.log_level,
        endpoint=settings.otel_exporter_otlp_endpoint,
    )
    if settings.environment == "production" and service != "fluxor-cli":
        telemetry.expose(settings.metrics_port)
    return telemetry
