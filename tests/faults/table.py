"""Every storm there is, one after the other, and what came of it in one table.

``python -m tests.faults.table [--seconds 60] [--every 2] [--pauses 6] [--fillings 2]``. Columns: fault, how often it
was injected, orders (or notices of a shop, or events) lost and doubled, the slowest recovery. Leaves with 1 when
anything was.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.faults import broker_trouble, disk_full, kill_storm, relay_kills, skewed, zombies
from tests.load import inbound

Storm = Callable[[argparse.Namespace], tuple[kill_storm.Books, Counter[str]]]


@dataclass(frozen=True)
class Row:
    """One line of the table; ``wrong`` says what else went wrong."""

    fault: str
    injected: int
    lost: int
    doubled: int
    recovery_seconds: float
    wrong: str


def over_tables(options: argparse.Namespace) -> tuple[kill_storm.Books, Counter[str]]:
    """``kill -9`` while events go through a table of messages."""
    return kill_storm.run(options.seconds, options.every, "postgres:messages")


def over(broker: str, options: argparse.Namespace) -> tuple[kill_storm.Books, Counter[str]]:
    """The same over a broker with a server of its own, which is killed as well."""
    with kill_storm.SERVERS[broker]() as server:
        return kill_storm.run(options.seconds, options.every, broker=server)


def paused(options: argparse.Namespace) -> tuple[kill_storm.Books, Counter[str]]:
    """Workers and relays stopped beyond what they hold, and woken."""
    return zombies.run(options.pauses, "postgres:messages")


def filled(options: argparse.Namespace) -> tuple[kill_storm.Books, Counter[str]]:
    """The disk full now and then."""
    return disk_full.run(options.fillings)


def skewed_clocks(options: argparse.Namespace) -> tuple[kill_storm.Books, Counter[str]]:
    """Workers whose clocks are wrong."""
    return skewed.run(options.seconds)


STORMS: dict[str, Storm] = {
    "tables": over_tables,
    **{broker: partial(over, broker) for broker in kill_storm.SERVERS},
    "paused": paused,
    "filled": filled,
    "skewed": skewed_clocks,
}


def rows(options: argparse.Namespace) -> Iterator[Row]:
    """The table, line by line, as each storm ends."""
    for name, storm in STORMS.items():
        books, wrong = storm(options)
        for fault, times in sorted(books.killed.items()):
            label = fault if " " in fault else f"kill -9 {fault} ({name})"
            slowest = books.slowest.get(fault, 0.0)
            yield Row(label, times, wrong["lost"], wrong["doubled"], slowest, str(dict(+wrong)) if +wrong else "")
    for name in broker_trouble.TROUBLES:
        out = broker_trouble.play(name, options.seconds)
        yield Row(name, 1, out.wrong["lost"], out.wrong["doubled"], out.delivered, str(dict(out.wrong) or ""))
    found = relay_kills.run(options.events, options.relay_kills)
    missing = found["written"] - found.get("first", 0)
    yield Row("kill -9 relay, in step", options.relay_kills, missing, found.get("gap", 0), 0.0, "")
    told, right = inbound.run(options.notices)
    answers = told["answers"]
    forged = answers.get("forged 401", 0)
    yield Row("incoming: forged", forged, 0, answers.get("forged 200", 0), 0.0, "" if right else str(told))
    late = told["calls"] - forged
    yield Row("incoming: twice, late", late, 0 if told["truth"] else 1, 0, 0.0, "" if right else str(told))


def main() -> int:
    """The table as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--every", type=float, default=2)
    parser.add_argument("--pauses", type=int, default=6)
    parser.add_argument("--fillings", type=int, default=2)
    parser.add_argument("--notices", type=int, default=20_000)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--relay-kills", type=int, default=10)
    print(f"{'fault':<30}{'injected':>10}{'lost':>6}{'doubled':>9}{'slowest recovery':>18}")
    failed = False
    for row in rows(parser.parse_args()):
        failed |= bool(row.wrong or row.lost or row.doubled)
        slowest = f"{row.recovery_seconds:.2f} s" if row.recovery_seconds else "-"
        print(f"{row.fault:<30}{row.injected:>10}{row.lost:>6}{row.doubled:>9}{slowest:>18}  {row.wrong}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
