"""The load bench counts what it says: schedule, workload, window, percentiles, losses."""

import asyncio
import json
from collections.abc import Callable

import pytest

from entrypoints.cli.bench.client import Address
from entrypoints.cli.bench.completion import Audit, await_decided
from entrypoints.cli.bench.findings import completed_in_window, lost_orders
from entrypoints.cli.bench.load import NO_ANSWER, Schedule
from entrypoints.cli.bench.pgbench import PgbenchFailed, parse_scripts_per_second
from entrypoints.cli.bench.report import Percentiles, percentiles
from entrypoints.cli.bench.tally import Tally
from entrypoints.cli.bench.workload import render_workload, sku_names

NOWHERE = Address("127.0.0.1", 1)
RECEIPT = {"job_id": "j", "order_id": "o", "status": "pending", "status_url": "/api/v1/orders/j/status"}


def tally_of(batch: int = 1, watched: list[str] | None = None) -> Tally:
    def watch(number: int, intended: float, status_url: str) -> None:
        if watched is not None:
            watched.append(status_url)

    return Tally(batch=batch, wants=lambda now: watched is not None, watch=watch)


def test_a_schedule_never_forgives_the_server_its_delay() -> None:
    schedule = Schedule(start=0.0, interval=0.5, may_send=lambda: True)
    assert [schedule.claim(0.0), schedule.claim(0.4)] == [0.0, None]
    schedule.stop(2.0)
    assert [schedule.claim(9.0) for _ in range(4)] == [0.5, 1.0, 1.5, None]
    assert schedule.issued == 4


@pytest.mark.parametrize("wrap", [lambda results: results, lambda results: {"items": results}])
def test_a_batch_is_booked_order_by_order(wrap: Callable[[object], object]) -> None:
    watched: list[str] = []
    tally = tally_of(batch=3, watched=watched)
    results = [RECEIPT, {"status": 422, "code": "unknown_sku"}, RECEIPT]
    tally.observe(0, 1.0, 2.0, 202, json.dumps(wrap(results)).encode())
    tally.observe(1, 1.0, 2.0, 503, b"")
    tally.observe(2, 1.0, 2.0, 202, b"not json")
    assert (tally.accepted, tally.errors, dict(tally.errors_by_status)) == (2, 7, {"202": 4, "503": 3})
    assert len(watched) == 1


def test_only_requests_meant_for_the_window_are_measured() -> None:
    tally = tally_of()
    tally.observe(0, 0.0, 9.0, 202, b"")
    tally.open_window(1.0)
    tally.close_window(2.0)
    tally.observe(1, 0.9, 9.0, 202, b"")
    tally.observe(2, 1.0, 9.0, 202, b"")
    tally.observe(3, 2.0, 9.0, NO_ANSWER, b"")
    assert (tally.accepted, tally.errors, tally.window_accepted, tally.latencies) == (3, 1, 1, [8.0])


def test_percentiles_are_measured_latencies_in_milliseconds() -> None:
    assert percentiles(n / 1000 for n in range(100, 0, -1)) == Percentiles(p50=50.0, p95=95.0, p99=99.0)
    assert percentiles([0.25]) == Percentiles(p50=250.0, p95=250.0, p99=250.0)
    assert percentiles([]) == Percentiles(p50=None, p95=None, p99=None)


def test_the_workload_follows_from_its_seed_and_rotates_tenants() -> None:
    def rendered(seed: int = 1, batch: int = 1, skus: int = 20) -> list[bytes]:
        return list(
            render_workload(NOWHERE, keys=["a", "b", "c"], skus=sku_names(skus), batch=batch, seed=seed).requests
        )

    assert rendered() == rendered() != rendered(seed=2)
    assert len(rendered()) % 3 == 0
    for number, request in enumerate(rendered()):
        head, _, body = request.partition(b"\r\n\r\n")
        order = json.loads(body)
        skus = [item["sku"] for item in order["items"]]
        assert f"Bearer {'abc'[number % 3]}".encode() in head
        assert f"content-length: {len(body)}".encode() in head
        assert order["channel"] == "bench"
        assert 1 <= len(skus) == len(set(skus)) <= 3
        assert all(1 <= item["quantity"] <= 3 for item in order["items"])
    assert {sku for request in rendered(skus=1) for sku in [b'"BENCH-0001"'] if sku not in request} == set()
    assert all(len(json.loads(request.partition(b"\r\n\r\n")[2])) == 5 for request in rendered(batch=5))


def test_what_waited_at_the_start_is_not_throughput_and_what_is_undecided_is_lost() -> None:
    at_open = Audit(accepted=100, decided=80, completed=80, rejected=0, oversold=0)
    at_close = Audit(accepted=300, decided=250, completed=240, rejected=10, oversold=0)
    assert completed_in_window(at_open, at_close) == 140
    assert lost_orders(310, at_close) == 60, "answered 202 and never stored is lost too"
    assert lost_orders(250, at_close) == 50, "stored and not decided is lost although the answer went missing"


def test_waiting_for_decisions_ends_with_the_last_or_with_the_limit() -> None:
    decided = iter(range(0, 100, 2))

    async def audit() -> Audit:
        return Audit(accepted=4, decided=next(decided), completed=0, rejected=0, oversold=0)

    assert asyncio.run(await_decided(audit, 2, 60)).decided == 4
    assert asyncio.run(await_decided(audit, 1000, 0)).decided == 6


def test_the_tps_of_pgbench_is_read_and_missed_loudly() -> None:
    assert parse_scripts_per_second("x\ntps = 331.25 (without initial connection time)\n") == 331.25
    with pytest.raises(PgbenchFailed):
        parse_scripts_per_second("no tps here")
