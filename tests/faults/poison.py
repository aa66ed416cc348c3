"""A thousand events in a hundred thousand that nobody can apply, twenty of which kill whoever tries.

Run by hand: ``python -m tests.faults.poison [--events 100000] [--poison 1000] [--killers 20] [--rate 200]``. Four
processes receive and are started again when they die. Prints how long healthy events took from being sent to being
applied before there was any poison and with it, what became of the poison, and how often a process died.
Leaves with 1 when anything healthy is missing, or poison is not in the dead letters with its cause.
"""

import argparse
import asyncio
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
from dependency_injector import providers

from adapters.postgres.engine import Database
from adapters.telemetry.telemetry import ProcessTelemetry
from adapters.toolkit.carrying import to_message
from adapters.toolkit.codec import WIRE, encode_event
from composition.place import embedded_place
from composition.settings import Settings
from composition.worker import Worker
from core.configuration.flag import Flag, FlagSet
from core.kernel.context import Context
from core.kernel.event import Cursor, RecordedEvent
from core.kernel.ids import StreamId
from entrypoints.worker.loop import RETRYING
from entrypoints.worker.pace import Repeater
from entrypoints.worker.receiving import RECEIVING
from tests.support.carrying import carrying
from tests.support.given import NOW, TENANT, an_id

HEALTHY, POISON, KILLER = "healthy", "poison", "killer"
WARM, BEFORE, WITH = "warm", "before", "with"
WARMING = 200
WARM_SHARE = 0.2
"""Of the healthy events are sent before the first that is not."""
TICK_SECONDS = 0.02
PATIENCE_SECONDS = 900.0
STARTS = {"fork": ("forkserver", 0.05), "cold": ("spawn", 2.0)}
"""How a receiver is started: from a process that has imported everything, or with an interpreter of its own, which
takes a core for two seconds; and how long the next one waits then."""
_READY = f"""
CREATE TABLE applied (stream uuid PRIMARY KEY, phase text NOT NULL, ms float8 NOT NULL);
GRANT SELECT, INSERT ON applied TO fluxor_app;
INSERT INTO tenant VALUES ('{TENANT}', 'poisoned', now());
"""
_APPLY = """
INSERT INTO applied SELECT * FROM unnest($1::uuid[], $2::text[], $3::float8[]) ON CONFLICT DO NOTHING
"""
NAME, PAYLOAD = encode_event(FlagSet(flag=Flag.RISK_ASSESSMENT, enabled=True))


def an_event(number: int, kind: str, phase: str) -> RecordedEvent:
    """One in a stream of its own; its correlation says when it was sent, and in which phase."""
    return RecordedEvent(
        tenant=TENANT,
        stream=StreamId(an_id(number)),
        version=1,
        name=NAME,
        payload=PAYLOAD,
        actor=kind,
        correlation=f"{time.time()} {phase}",
        recorded_at=NOW,
        cursor=Cursor("1-1"),
        wire=WIRE,
    )


class Subscriber:
    """See ports.delivery.Publisher: writes down what is healthy, once, and fails or dies of the rest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """See the port."""
        for event in events:
            if event.actor == KILLER:
                os.kill(os.getpid(), signal.SIGKILL)
            if event.actor == POISON:
                raise ArithmeticError("nobody can apply this")
        told = [event.correlation.split(" ") for event in events]
        waited = [1000 * (time.time() - float(sent)) for sent, _ in told]
        async with self._database.autocommit() as connection:
            streams = [event.stream for event in events]
            await connection.execute(_APPLY, streams, [phase for _, phase in told], waited)


def receive(url: str, queue_url: str) -> None:
    """A process that receives, and tries again what was set aside, until it dies."""

    async def run() -> None:
        async with carrying(url, queue_url) as (database, broker):
            telemetry = ProcessTelemetry(service="poison", version="0", environment="test", level="critical")
            worker = Worker(database=database, telemetry=telemetry, close_after_days=7, broker=providers.Object(broker))
            worker.subscribers.override(providers.Object(Subscriber(database)))
            receiver, aside, clock = worker.receiver(), worker.aside(), worker.adapters.clock()
            repeater = Repeater(clock, telemetry)

            def context() -> Context:
                return Context(tenants=(TENANT,), actor="poison", now=clock.now(), correlation="c")

            await asyncio.gather(
                repeater.repeat(receiver.step, RECEIVING, receiver.rest),
                repeater.repeat(lambda: aside.step(context()), RETRYING),
            )

    asyncio.run(run())


class Receivers:
    """Processes, started again when they die."""

    def __init__(self, start: Callable[[], Any], number: int, pause: float) -> None:
        self._start = start
        self._pause = pause
        self._processes = [start() for _ in range(number)]
        self.deaths = 0

    async def keep(self) -> None:
        """Without end, one at a time."""
        while True:
            dead = [place for place, process in enumerate(self._processes) if not process.is_alive()]
            for place in dead[:1]:
                self.deaths += 1
                self._processes[place] = self._start()
            await asyncio.sleep(self._pause if dead else 0.05)

    def end(self) -> None:
        """All of them."""
        for process in self._processes:
            process.kill()
            process.join()


def kinds(options: argparse.Namespace) -> list[str]:
    """What is sent, one after the other: poison spread over all but the first share, killers among it."""
    sent = [HEALTHY] * options.events
    warm = int(options.events * WARM_SHARE)
    step = (options.events - warm) // options.poison
    for number in range(options.poison):
        each = options.poison // max(1, options.killers)
        killer = options.killers and number % each == each // 2
        sent[warm + number * step] = KILLER if killer else POISON
    return sent


async def applied(owner: Any, number: int) -> None:
    """Until so many are."""
    while await owner.fetchval("SELECT count(*) FROM applied") < number:
        await asyncio.sleep(0.1)


async def send(broker: Any, sent: Sequence[str], rate: float, done: int = 0) -> None:
    """At this pace, all but the first ``done``."""
    first_bad = next((number for number, kind in enumerate(sent) if kind != HEALTHY), len(sent))
    phases = [WARM] * WARMING + [BEFORE] * (first_bad - WARMING) + [WITH] * (len(sent) - first_bad)
    began, first = time.monotonic(), done
    while done < len(sent):
        due = min(len(sent), first + int((time.monotonic() - began) * rate))
        events = [an_event(number + 1, sent[number], phases[number]) for number in range(done, due)]
        await broker.send([to_message(event) for event in events])
        done = due
        await asyncio.sleep(TICK_SECONDS)


async def play(options: argparse.Namespace) -> Counter[str]:
    """What came of it."""
    sent = kinds(options)
    with tempfile.TemporaryDirectory(prefix="fluxor-poison-", dir="/tmp") as folder:
        settings = Settings.from_environment({"FLUXOR_DATA_DIR": folder})
        async with embedded_place(settings.data_dir) as place, carrying(place.url, options.queue_url) as (_, broker):
            owner: Any = await asyncpg.connect(place.owner_url)
            await owner.execute(_READY)

            method, pause = STARTS[options.start]
            context = multiprocessing.get_context(method)
            context.set_forkserver_preload(["composition.worker", "tests.support.carrying"])

            def start() -> Any:
                process = context.Process(target=receive, args=(place.url, options.queue_url), daemon=True)
                process.start()
                return process

            receivers = Receivers(start, options.receivers, pause)
            keeping = asyncio.create_task(receivers.keep())
            try:
                await send(broker, sent[:WARMING], options.rate)
                await applied(owner, WARMING)
                await send(broker, sent, options.rate, WARMING)
                await until_all_is_over(owner, sent)
            finally:
                keeping.cancel()
                receivers.end()
            found = await books(owner, sent)
            found["processes that died"] = receivers.deaths
            await owner.close()
    return found


async def until_all_is_over(owner: Any, sent: Sequence[str]) -> None:
    """All healthy ones are applied, all others given up, or patience is over."""
    healthy, until = sum(kind == HEALTHY for kind in sent), time.monotonic() + PATIENCE_SECONDS
    query = "SELECT (SELECT count(*) FROM applied) AS applied, (SELECT count(*) FROM dead_letter) AS dead"
    while time.monotonic() < until:
        row = await owner.fetchrow(query)
        if row["applied"] == healthy and row["dead"] == len(sent) - healthy:
            return
        await asyncio.sleep(0.5)


async def books(owner: Any, sent: Sequence[str]) -> Counter[str]:
    """What the database says, and how long the healthy ones took (hundredths of a millisecond)."""
    found: Counter[str] = Counter()
    healthy = sum(kind == HEALTHY for kind in sent)
    found["missing"] = healthy - await owner.fetchval("SELECT count(*) FROM applied")
    p95 = "SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) FROM applied WHERE phase = $1"
    found["p95 before"], found["p95 with"] = [int(100 * await owner.fetchval(p95, phase)) for phase in (BEFORE, WITH)]
    for row in await owner.fetch("SELECT error_code, count(*) AS letters FROM dead_letter GROUP BY 1"):
        found[f"dead: {row['error_code']}"] = row["letters"]
    return found


def main() -> int:
    """The storm as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--poison", type=int, default=1000, help="of the events, killers included")
    parser.add_argument("--killers", type=int, default=20)
    parser.add_argument("--rate", type=float, default=200.0, help="events a second")
    parser.add_argument("--receivers", type=int, default=4)
    parser.add_argument("--start", choices=STARTS, default="fork", help="how receivers are started again")
    parser.add_argument("--queue-url", default="postgres:messages")
    options = parser.parse_args()
    found = asyncio.run(play(options))
    before, after = found.pop("p95 before") / 100, found.pop("p95 with") / 100
    print(f"healthy events: p95 {before:.2f} ms before, {after:.2f} ms with poison ({after / before:.2f} times)")
    print(f"missing {found['missing']}; " + ", ".join(f"{name} {number}" for name, number in sorted(found.items())))
    dead = {"dead: ArithmeticError": options.poison - options.killers, "dead: worker_lost": options.killers}
    return 1 if found["missing"] or any(found[name] != number for name, number in dead.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
