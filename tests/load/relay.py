"""How fast a relay catches up: from a journal that is full to a broker that confirms, one process.

Run by hand: ``python -m tests.load.relay [--events 200000] [--kind StockMoved] [--queue-url redis://…]``. Over an
embedded PostgreSQL of its own; prints events a second, and the CPU a thousand of them take this process (milliseconds).
"""

import argparse
import sys
import tempfile
import time
from statistics import mean
from typing import Any

import asyncpg
import uvloop

from adapters.memory.telemetry import MemoryTelemetry
from adapters.postgres.journal import PostgresJournalFeed
from adapters.postgres.relay import PostgresRelayPosition
from adapters.system.clock import SystemClock
from adapters.toolkit.carrying import BrokerPublisher
from adapters.toolkit.codec import EVENTS, encode_event
from adapters.toolkit.feed_ahead import FeedAhead
from adapters.toolkit.samples import samples
from composition.place import embedded_place
from composition.settings import Settings
from entrypoints.worker.relay import Relay
from tests.support.carrying import carrying
from tests.support.given import TENANT
from tests.support.journal import STREAMS, make_ready

ALL = "all"
_FILL = f"""
INSERT INTO journal (tenant_id, stream, version, name, payload, actor, correlation, recorded_at)
SELECT '{TENANT}', stream, version, kind.name, kind.payload, 'load', 'c-1', now()
FROM (SELECT stream, row_number() OVER () AS nth FROM written) s, generate_series(1, $3::int) AS version,
     LATERAL (SELECT 1 + (nth + version) % cardinality($1::text[]) AS chosen) c,
     LATERAL (SELECT ($1::text[])[chosen] AS name, ($2::bytea[])[chosen] AS payload) kind
ORDER BY version, stream
"""


async def filled(owner_url: str, each: int, kind: str) -> float:
    """The journal has so many events of the kind in each stream, or of all kinds in equal parts; the bytes of one."""
    await make_ready(owner_url)
    events = [event for event in samples().values() if type(event) in EVENTS.values()]
    written = [encode_event(event) for event in events if kind in (ALL, type(event).__name__)]
    owner: Any = await asyncpg.connect(owner_url)
    await owner.execute(_FILL, [name for name, _ in written], [payload for _, payload in written], each)
    await owner.execute("VACUUM ANALYZE journal")
    await owner.close()
    return mean(len(payload) for _, payload in written)


async def measure(settings: Settings, events: int, kind: str) -> None:
    """Print the figures."""
    async with embedded_place(settings.data_dir) as place:
        size = await filled(place.owner_url, max(1, events // STREAMS), kind)
        async with carrying(place.url, settings.queue_url) as (database, broker):
            feed, position = FeedAhead(PostgresJournalFeed(database)), PostgresRelayPosition(database)
            relay = Relay(feed, position, BrokerPublisher(broker), SystemClock(), MemoryTelemetry(), "load")
            done = await relay.step()  # everything is made, and warm
            relayed, began, cpu = 0, time.perf_counter(), time.process_time()
            while done:
                done = await relay.step()
                relayed += done
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(f"{relayed / seconds:,.0f} events/s of {size:.0f} bytes; {1e6 * cpu / relayed:.1f} ms of CPU a thousand")


def main() -> int:
    """The measurement as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queue-url", default="postgres:messages")
    parser.add_argument("--kind", default="OrderAccepted", help=f"of the events; these are the largest; or {ALL}")
    parser.add_argument("--events", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fluxor-load-", dir="/tmp") as folder:
        settings = Settings.from_environment({"FLUXOR_DATA_DIR": folder, "QUEUE_URL": options.queue_url})
        uvloop.run(measure(settings, options.events, options.kind))
    return 0


if __name__ == "__main__":
    sys.exit(main())
