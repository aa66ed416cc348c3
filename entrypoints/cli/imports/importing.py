"""One import from beginning to end: the file, its checkpoint, its rejects, and the summary."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from core.kernel.value import value
from entrypoints.cli.imports.checkpoint import CheckpointFile, Progress, fingerprint_of
from entrypoints.cli.imports.meter import Meter, peak_memory_mb
from entrypoints.cli.imports.pipeline import Applied, Apply, Books, Chunk, Item, carry
from entrypoints.cli.imports.rejects import RejectsFile, rejects_path
from entrypoints.cli.imports.source import Row, Source

Chunks = Callable[[Iterator[Row], int], Iterator[Chunk[Item]]]
"""(the rows that are left, how many came before) -> chunks."""


@value
class Plan:
    """What is imported how. ``options`` are whatever changes the meaning of a row: with others, nothing is resumed."""

    kind: str
    file: Path
    options: tuple[object, ...]
    rejects: Path | None = None
    resumable: bool = True
    dry_run: bool = False


@value
class Done:
    """What a run came to; ``resumed_at`` rows were done by an earlier one, whose counts are included."""

    progress: Progress
    seconds: float
    resumed_at: int
    rejects: Path | None
    dry_run: bool


async def import_file(
    plan: Plan, source: Source, meter: Meter, chunks: Chunks[Item], apply: Apply[Item], *, at_once: int = 1
) -> Done:
    """Carry the rows of ``source`` that no earlier run of the same import has carried.

    Raises RejectsTaken, OSError, and whatever ``apply`` raises; what was applied until then stays, and the next run
    goes on from there.
    """
    path = rejects_path(plan.file, plan.rejects)
    checkpoint = _checkpoint(plan, path)
    found = checkpoint.load(path) if checkpoint else None
    rejects = RejectsFile(path, source.header, found.rejects_bytes if found else 0)
    books = Books(found.progress if found else Progress(), rejects, checkpoint)
    resumed_at = books.progress.rows
    rows = islice(source.rows(), resumed_at, None)
    await carry(
        chunks(rows, resumed_at),
        apply,
        books,
        at_once=at_once,
        show=lambda progress: meter.rows(progress.rows - resumed_at),
    )
    books.close()
    return Done(
        progress=books.progress,
        seconds=meter.seconds,
        resumed_at=resumed_at,
        rejects=path if rejects.size else None,
        dry_run=plan.dry_run,
    )


async def only_counted(items: Sequence[object]) -> Applied:
    """Stands in for the database in a dry run of what takes one row an item."""
    return Applied(accepted=len(items))


def summary_of(done: Done) -> dict[str, object]:
    """The summary for machines and people."""
    progress = done.progress
    here = progress.rows - done.resumed_at
    summary: dict[str, object] = {
        "rows": progress.rows,
        "accepted": progress.accepted,
        "rejected": progress.rejected,
        "duplicates": progress.duplicates,
        **progress.tallies,
        "seconds": round(done.seconds, 3),
        "rows_per_s": round(here / max(done.seconds, 0.001)),
        "peak_memory_mb": peak_memory_mb(),
        "rejects": str(done.rejects) if done.rejects else None,
    }
    if done.resumed_at:
        summary["resumed_at"] = done.resumed_at
    if done.dry_run:
        summary["dry_run"] = True
    return summary


def _checkpoint(plan: Plan, rejects: Path) -> CheckpointFile | None:
    if plan.dry_run or not plan.resumable:
        return None
    name = f"{rejects.name.removesuffix('.csv')}.{plan.kind}.checkpoint"
    return CheckpointFile(rejects.with_name(name), fingerprint_of(plan.file, plan.kind, *plan.options))
