"""What a command prints: one JSON document or a table on stdout; everything that is not the answer on stderr."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_COLUMNS = 200


def print_json(document: object) -> None:
    """``document`` on stdout, as the only thing there."""
    sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
    sys.stdout.flush()


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people, on stdout. Cells are never read as markup: they may hold anything a merchant typed."""
    table = Table(title=Text(title), title_justify="left")
    for index, column in enumerate(columns):
        # The first names the row: cut in two it could not be copied into the next command.
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=index == 0)
    for row in rows:
        table.add_row(*map(_cell, row))
    # What goes to a file or a pipe has no edge to be folded at.
    Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS).print(table)


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


def _cell(content: object) -> Text:
    if isinstance(content, datetime):
        return Text(f"{content.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z")
    return Text("" if content is None else str(content))
