"""Structured log lines (SPEC OBS-02): JSON on standard error, with the ids of the running span."""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog
from opentelemetry import trace

Line = MutableMapping[str, Any]
ON_EVERY_LINE = frozenset(
    {"event", "message", "level", "timestamp", "service", "version", "environment", "trace_id", "span_id"}
)
"""Also what the library calls the message before it is written."""


def configure_logs(level: str, *, service: str, version: str, environment: str) -> Any:
    """The process's logger; lines below ``level`` are not made at all."""

    def add_service(logger: object, method: str, line: Line) -> Line:
        line.update(service=service, version=version, environment=environment)
        return line

    structlog.configure(
        processors=[
            _spread,
            _add_span,
            add_service,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", WithoutRegret(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    return structlog.get_logger()


class WithoutRegret:
    """A stream where what finds no room is lost: on a full disk a process goes on without its log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """How many characters were taken: all, kept or not."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Bring to the stream what can be brought there."""
        with suppress(OSError):
            self._stream.flush()


def _spread(logger: object, method: str, line: Line) -> Line:
    # The library takes fields as keywords, some of which are its own.
    fields = line.pop("fields", {})
    line.update({f"{name}_" if name in ON_EVERY_LINE else name: fields[name] for name in fields})
    return line


def _add_span(logger: object, method: str, line: Line) -> Line:
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        line.update(trace_id=f"{span.trace_id:032x}", span_id=f"{span.span_id:016x}")
    return line
