"""Metrics, spans and log lines of a process."""

import io
import json
import sys

import pytest
from opentelemetry import trace

from adapters.telemetry.telemetry import ProcessTelemetry


def a_process() -> ProcessTelemetry:
    return ProcessTelemetry(service="fluxor-test", version="1", environment="test", level="info")


def test_a_declared_metric_is_served_and_an_undeclared_one_is_a_defect() -> None:
    telemetry = a_process()
    telemetry.count("order_processed_total", 3, status="completed")
    telemetry.observe("http_request_duration_seconds", 0.02)
    text = telemetry.render().decode()
    assert 'order_processed_total{status="completed"} 3.0' in text
    assert "http_request_duration_seconds_count 1.0" in text
    with pytest.raises(KeyError):
        telemetry.count("made_up_total")


def test_a_callers_trace_goes_on_and_log_lines_carry_its_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    telemetry = a_process()
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    with telemetry.span("http", parent=f"00-{trace_id}-00f067aa0ba902b7-01", method="GET"):
        assert f"{trace.get_current_span().get_span_context().trace_id:032x}" == trace_id
        telemetry.log("info", "inside", tenant="t")
    line = json.loads(written.getvalue().splitlines()[-1])
    assert (line["trace_id"], line["message"], line["tenant"]) == (trace_id, "inside", "t")
    assert {"timestamp", "level", "service", "version", "environment", "span_id"} <= line.keys()
