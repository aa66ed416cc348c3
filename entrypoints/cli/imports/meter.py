"""How far an import is, on stderr, for whoever is waiting in front of the terminal."""

import resource
import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from entrypoints.cli.imports.source import Source

EVERY_SECONDS = 0.2


class Meter:
    """A bar over the bytes of the file, with rows a second. Silent with ``quiet``."""

    def __init__(self, title: str, source: Source, *, quiet: bool) -> None:
        self._source = source
        self._quiet = quiet
        self._started = self._shown = time.monotonic()
        # Drawn only when a chunk is done: rich's own thread would take its time from the import.
        self._bar = Progress(
            TextColumn(title),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            auto_refresh=False,
            disable=quiet,
        )
        self._task = self._bar.add_task(title, total=source.size, note="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.update(self._task, completed=self._source.bytes_read, refresh=not self._quiet)
        self._bar.stop()

    @property
    def seconds(self) -> float:
        """Since the meter was made."""
        return time.monotonic() - self._started

    def rows(self, rows: int) -> None:
        """``rows`` of this run are done."""
        self.note(f"{rows:,} rows · {rows / max(self.seconds, 0.001):,.0f}/s")

    def note(self, text: str) -> None:
        """Show ``text`` beside the bar."""
        now = time.monotonic()
        if not self._quiet and now - self._shown >= EVERY_SECONDS:
            self._shown = now
            self._bar.update(self._task, completed=self._source.bytes_read, note=text, refresh=True)


def peak_memory_mb() -> float:
    """The most memory this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes everywhere else
    return round(peak * unit / 1_000_000, 1)
