"""Metrics, spans and log lines of a process."""

import errno
import gzip
import io
import json
import re
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue

import pytest
from opentelemetry import trace

from adapters.memory.telemetry import MemoryTelemetry
from adapters.telemetry.logs import ON_EVERY_LINE
from adapters.telemetry.telemetry import ProcessTelemetry
from adapters.toolkit.metrics import COUNTERS, GAUGES, SECONDS
from composition.listening import free_port
from composition.settings import Settings
from composition.telemetry import telemetry_of
from ports.telemetry import Telemetry

ROOT = Path(__file__).parents[2]


def a_process() -> ProcessTelemetry:
    return ProcessTelemetry(service="fluxor-test", version="1", environment="test", level="info")


def test_a_declared_metric_is_served() -> None:
    telemetry = a_process()
    telemetry.count("order_processed_total", 3, status="completed")
    telemetry.observe("http_request_duration_seconds", 0.02)
    text = telemetry.render().decode()
    assert 'order_processed_total{status="completed"} 3.0' in text
    assert "http_request_duration_seconds_count 1.0" in text


@pytest.mark.parametrize("telemetry", [a_process(), MemoryTelemetry()])
def test_a_metric_that_is_not_declared_as_it_is_told_is_a_defect(telemetry: Telemetry) -> None:
    for tell in (telemetry.count, telemetry.observe, telemetry.gauge):
        with pytest.raises(KeyError):
            tell("made_up_total", 1)
    for tell, name in ((telemetry.count, "order_processed_total"), (telemetry.gauge, "queue_depth")):
        with pytest.raises(ValueError, match="label"):
            tell(name, 1, colour="blue")


def test_whatever_the_code_tells_is_declared() -> None:
    told = re.compile(r"(?:count|observe|gauge)\(\s*\"(\w+)\"|failures=\"(\w+)\"")
    names = {
        name
        for folder in ("entrypoints", "composition", "adapters")
        for file in (ROOT / folder).rglob("*.py")
        for pair in told.findall(file.read_text(encoding="utf-8"))
        for name in pair
        if name
    }
    assert len(names) > 15
    assert names <= {*COUNTERS, *SECONDS, *GAUGES}


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


def test_a_field_may_be_called_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    named = {
        name: f"its {name}" for name in (*ON_EVERY_LINE, "self", "fields", "logger", "method_name", "line", "args")
    }
    a_process().log("error", "said", **named)
    line = json.loads(written.getvalue().splitlines()[-1])
    assert (line["message"], line["level"], line["service"]) == ("said", "error", "fluxor-test")
    assert set(named.values()) <= set(line.values())


def test_in_production_a_process_serves_its_metrics_on_a_port_of_its_own() -> None:
    port = free_port()
    settings = Settings.from_environment(
        {
            "ENVIRONMENT": "production",
            "METRICS_PORT": str(port),
            "CURSOR_SECRET": "c" * 32,
            "DATABASE_URL": "postgresql://x/",
        }
    )
    telemetry = telemetry_of(settings, "fluxor-worker")
    telemetry.count("order_processed_total", 2, status="completed")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert 'order_processed_total{status="completed"} 2.0' in answer.read().decode()
    telemetry_of(settings, "fluxor-cli")  # a command beside it wants no port


def test_spans_are_sent_to_the_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    received: Queue[tuple[str, bytes]] = Queue()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.put((self.path, gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            return

    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        telemetry = ProcessTelemetry(
            service="fluxor-test",
            version="1",
            environment="test",
            level="error",
            endpoint=f"http://127.0.0.1:{server.server_port}",
            sampled=1.0,
        )
        with telemetry.span("POST /api/v1/orders", tenant="t-1"):
            pass
        path, body = received.get(timeout=20)
        server.shutdown()
    assert path == "/v1/traces"
    assert all(word in body for word in (b"POST /api/v1/orders", b"tenant.id", b"t-1", b"fluxor-test"))


class FullDisk(io.StringIO):
    """A log file that takes nothing for now."""

    full = True

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


def test_a_line_that_finds_no_room_is_lost_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FullDisk()
    monkeypatch.setattr(sys, "stderr", disk)
    telemetry = a_process()
    telemetry.log("info", "unheard")
    disk.full = False
    telemetry.log("info", "heard")
    assert [json.loads(line)["message"] for line in disk.getvalue().splitlines()] == ["heard"]
