"""What a command prints: one JSON document or a table on stdout; everything that is not the answer on stderr."""

import sys
from collections.abc import Iterable, Sequence

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_json(document: object) -> None:
    """``document`` on stdout, as the only thing there."""
    sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
    sys.stdout.flush()


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people, on stdout. Cells are never read as markup: they may hold anything a merchant typed."""
    table = Table(title=Text(title), title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console().print(table)


def print_line(text: str) -> None:
    """A line on stdout."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def print_note(text: str) -> None:
    """Something the reader should know that is not the answer: on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def print_error(code: str, detail: str, *, as_json: bool) -> None:
    """What went wrong, on stderr."""
    if as_json:
        print_note(msgspec.json.encode({"error": {"code": code, "detail": detail}}).decode())
    else:
        print_note(f"error: {detail} ({code})")
