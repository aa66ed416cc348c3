"""Lists of one thing a row: rows into chunks, and what became of each row into the import's books."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from core.kernel.errors import DomainError
from entrypoints.cli.imports import cells
from entrypoints.cli.imports.pipeline import Applied, Chunk
from entrypoints.cli.imports.rejects import Reject
from entrypoints.cli.imports.source import Row

TOGETHER = 500


class OfRow(Protocol):
    """Something read from a row."""

    @property
    def row(self) -> Row: ...


Read = TypeVar("Read", bound=OfRow)
Outcome = TypeVar("Outcome")


def one_a_row(rows: Iterable[Row], read: Callable[[Row], Read], skipped: int) -> Iterator[Chunk[Read]]:
    """What ``read`` makes of each row, ``TOGETHER`` rows a chunk; a row it refuses is a reject."""
    items: list[Read] = []
    rejects: list[Reject] = []
    number = skipped
    for number, row in enumerate(rows, start=skipped + 1):
        try:
            if row.problem:
                raise cells.BadCell(row.problem)
            items.append(read(row))
        except DomainError as refusal:
            rejects.append(Reject(row=row, reason=refusal.detail))
        if len(items) + len(rejects) >= TOGETHER:
            yield Chunk(items=tuple(items), rejects=tuple(rejects), rows=number)
            items, rejects = [], []
    if items or rejects:
        yield Chunk(items=tuple(items), rejects=tuple(rejects), rows=number)


def applied(
    items: Sequence[OfRow], outcomes: Sequence[Outcome | DomainError], changed: Callable[[Outcome], bool]
) -> Applied:
    """The rows' ends: refused, accepted where something ``changed``, else duplicates."""
    rejects = tuple(
        Reject(row=item.row, reason=outcome.detail)
        for item, outcome in zip(items, outcomes, strict=True)
        if isinstance(outcome, DomainError)
    )
    accepted = sum(not isinstance(outcome, DomainError) and changed(outcome) for outcome in outcomes)
    return Applied(accepted=accepted, duplicates=len(items) - accepted - len(rejects), rejects=rejects)
