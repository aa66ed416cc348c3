"""No-op jobs, end to end: ours beside pgqueuer, procrastinate, taskiq and celery, in one run on the same servers.

Run by hand: ``python -m tests.load.side_by_side [--share 1.0] [--only ours,celery]``. It starts PostgreSQL, Redis and
RabbitMQ of its own and installs the others into an environment of their own. Single jobs go to two workers one by one;
then one process enqueues, then two work; then single jobs again. Prints jobs a second, milliseconds until a single job
is in hand, and ratios.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from composition.place import embedded_place
from composition.settings import Settings
from tests.support.installation import ROOT
from tests.support.rabbitmq import rabbit_server
from tests.support.redis import redis_server

HERE = Path(__file__).parent
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.02
WORKERS = 2
WARMING = 50
NOTHING = b"[0, 0.0, 0.0, []]"
"""What a worker that was not heard of yet has done."""


@dataclass(frozen=True)
class Contender:
    """A queue: what runs it, where, and how many jobs it is given. Ours has no script of its own."""

    name: str
    script: str | None
    url: str
    jobs: int


@dataclass(frozen=True)
class Figures:
    """Jobs a second; and milliseconds, sorted: at rest, and right after all those jobs."""

    enqueued: float
    drained: float
    rested: list[float]
    tired: list[float]


WANTED = (
    ("ours, PostgreSQL", "pgqueuer", 3),
    ("ours, PostgreSQL", "procrastinate", 100),
    ("ours, Redis", "taskiq", 10),
    ("ours, RabbitMQ", "celery", 5),
    ("ours, RabbitMQ", "celery, tuned", 1),
)


def contenders(urls: dict[str, str], share: float) -> list[Contender]:
    """Each queue with its share of jobs: so many that it takes a few seconds."""
    mine, other = urls["postgres"], {name: urls["other"].format(name) for name in ("pgqueuer", "procrastinate")}
    known = [
        Contender("ours, PostgreSQL", None, f"{mine} postgres:messages", 300_000),
        Contender("pgqueuer", "with_pgqueuer", other["pgqueuer"], 60_000),
        Contender("procrastinate", "with_procrastinate", other["procrastinate"], 5_000),
        Contender("ours, Redis", None, f"{mine} {urls['redis']}", 300_000),
        Contender("taskiq", "with_taskiq", urls["redis"], 20_000),
        Contender("ours, RabbitMQ", None, f"{mine} {urls['rabbitmq']}", 50_000),
        Contender("celery", "with_celery", urls["rabbitmq"], 10_000),
        Contender("celery, tuned", "with_celery", f"{urls['rabbitmq']} tuned", 10_000),
    ]
    return [Contender(one.name, one.script, one.url, max(1000, int(one.jobs * share) // 1000 * 1000)) for one in known]


class Field:
    """Where they run: each part of each in a process of its own."""

    def __init__(self, python_of_others: Path, complaints: Path) -> None:
        self._python_of_others = python_of_others
        self._complaints = complaints

    def measure(self, one: Contender, singles: int) -> Figures:
        """All that is asked of one queue."""
        self._played(one, "ready")
        with self._working(one) as workers:
            self._singles(one, workers, 0, WARMING)
            rested = self._singles(one, workers, WARMING, singles)
        began = time.perf_counter()
        self._played(one, "enqueue", one.jobs)
        enqueued = one.jobs / (time.perf_counter() - began)
        with self._working(one) as workers:
            told = [first_last for first_last in _until(workers, one.jobs) if first_last[0]]
            drained = one.jobs / (max(last for _, _, last, _ in told) - min(first for _, first, _, _ in told))
            return Figures(enqueued, drained, rested, self._singles(one, workers, one.jobs, singles))

    def _singles(self, one: Contender, workers: list[Path], done: int, number: int) -> list[float]:
        """How long each of so many single jobs took to be in hand, of workers that have done so many before; sorted."""
        before = _until(workers, done)
        self._played(one, "post", number)
        after = _until(workers, done + number)
        return sorted(ms for was, told in zip(before, after, strict=True) for ms in told[3][len(was[3]) :])

    @contextmanager
    def _working(self, one: Contender) -> Iterator[list[Path]]:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            told = [Path(folder) / f"{number}" for number in range(WORKERS)]
            for path in told:
                output = stack.enter_context(path.open("wb"))
                process = self._play(one, "work", output=output)
                stack.callback(process.wait, 60)
                stack.callback(process.terminate)
            yield told

    def _played(self, one: Contender, part: str, *arguments: int) -> None:
        if self._play(one, part, *arguments).wait(PATIENCE_SECONDS):
            raise RuntimeError(f"{one.name}: {part} failed: {self._complaints.read_text()[-2000:]}")

    def _play(self, one: Contender, part: str, *arguments: int, output: Any = subprocess.DEVNULL) -> Any:
        if one.script is None:
            program = [sys.executable, "-m", "tests.load.side_by_side.ours"]
        else:
            program = [str(self._python_of_others), str(HERE / "others" / f"{one.script}.py")]
        command = [*program, part, one.url, *map(str, arguments)]
        with self._complaints.open("ab") as complaints:
            environment = {"PYTHONPATH": str(HERE)}
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=complaints)


def _until(workers: list[Path], jobs: int) -> list[Any]:
    """What each worker says once they have done so many together."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        told = [json.loads(_last_line(path) or NOTHING) for path in workers]
        if sum(one[0] for one in told) >= jobs:
            return told
        if time.monotonic() > deadline:
            raise TimeoutError(f"{sum(one[0] for one in told)} of {jobs} jobs were done in time")
        time.sleep(POLL_SECONDS)


def _last_line(path: Path) -> bytes:
    lines = path.read_bytes().split(b"\n")
    return lines[-2] if len(lines) > 1 else b""


@contextmanager
def others(there: Path | None) -> Iterator[Path]:
    """The others' environment, made for this run unless it is ``there``: its python."""
    if there is not None:
        yield there
        return
    with tempfile.TemporaryDirectory(prefix="fluxor-others-", dir="/tmp") as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        lock = str(ROOT / "requirements" / "others.lock")
        install = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock]
        subprocess.run(install, check=True, capture_output=True)
        yield python


async def measured(options: argparse.Namespace, python: Path) -> dict[str, Figures]:
    """Every queue's figures, by its name."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fluxor-side-", dir="/tmp")))
        redis, rabbit = stack.enter_context(redis_server()), stack.enter_context(rabbit_server())
        async with embedded_place(Settings.from_environment({"FLUXOR_DATA_DIR": str(folder)}).data_dir) as place:
            owner = await asyncpg.connect(place.url)
            for name in ("pgqueuer", "procrastinate"):
                await owner.execute(f"CREATE DATABASE {name}")
            database = await owner.fetchval("SELECT current_database()")
            await owner.close()
            urls = {"postgres": place.url, "other": place.url.replace(f"/{database}", "/{}", 1)}
            urls |= {"redis": redis.url, "rabbitmq": rabbit.url}
            field, found = Field(python, folder / "complaints"), {}
            for one in contenders(urls, options.share):
                if any(part in one.name for part in options.only.split(",")):
                    found[one.name] = await asyncio.to_thread(field.measure, one, options.singles)
                    say(one.name, found[one.name])
            return found


def say(name: str, figures: Figures) -> None:
    """A line of the table."""
    speeds = f"{figures.enqueued:>14,.0f}{figures.drained:>14,.0f}"
    waits = [f"{ms[len(ms) // 2]:>10.2f}{ms[int(0.99 * len(ms))]:>8.2f}" for ms in (figures.rested, figures.tired)]
    print(f"{name:<20}{speeds}{''.join(waits)}", flush=True)


def main() -> int:
    """The comparison as a command; leaves with 1 unless ours is as many times faster as is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the jobs each is given")
    parser.add_argument("--singles", type=int, default=2000)
    parser.add_argument("--only", default="", help="names, or parts of them")
    parser.add_argument("--python", type=Path, help="of an environment that has the others, to save making one")
    options = parser.parse_args()
    with others(options.python) as python:
        print(
            f"{'no-op jobs':<20}{'enqueued/s':>14}{'drained/s':>14}{'ms: p50':>10}{'p99':>8}{'then p50':>10}{'p99':>8}"
        )
        found = asyncio.run(measured(options, python))
    enough = True
    for ours, other, times in WANTED:
        if ours in found and other in found:
            ratio = found[ours].drained / found[other].drained
            enough &= ratio >= times
            print(f"{ours} drains {ratio:.1f} times what {other} does (wanted: {times})")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
