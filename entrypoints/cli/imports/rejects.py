"""Rows that could not be taken, written beside the input so that they can be mended and imported again."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.kernel.errors import Conflict
from core.kernel.value import value
from entrypoints.cli.imports.source import Row

ENCODING = "utf-8"
BEGINS = b"line,reason"


class RejectsTaken(Conflict):
    """The place for rejects holds something else, which is not ours to replace."""

    code = "rejects_taken"


@value
class Reject:
    """A row and why it was not taken."""

    row: Row
    reason: str


class RejectsFile:
    """Appends rejects as CSV: line number, reason, then the input's own columns.

    The file comes into being with the first reject. ``size`` is what a checkpoint remembers: opening again with it
    cuts off whatever was written after that checkpoint, so that resuming doubles nothing.
    """

    def __init__(self, path: Path, header: Sequence[str], size: int = 0) -> None:
        self.path = path
        self.size = size
        self._header = ("line", "reason", *header)
        if size:
            with path.open("r+b") as file:
                file.truncate(size)
        else:
            path.unlink(missing_ok=True)

    def add(self, rejects: Iterable[Reject]) -> None:
        """Append ``rejects``; they are in the file when this returns."""
        rows = [(reject.row.line, reject.reason, *reject.row.cells) for reject in rejects]
        if not rows:
            return
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if not self.size:
            writer.writerow(self._header)
        writer.writerows(rows)
        with self.path.open("ab") as file:
            file.write(text.getvalue().encode(ENCODING, errors="surrogatepass"))
            self.size = file.tell()


def rejects_path(file: Path, asked: Path | None) -> Path:
    """Where the rejects of ``file`` go: where asked, else beside it, else (a read-only folder) the current one.

    Raises RejectsTaken when something else is there.
    """
    name = f"{Path(file.name.removesuffix('.gz')).stem}.rejects.csv"
    path = asked or (file.parent if _writable(file.parent) else Path.cwd()) / name
    if path.exists():
        with path.open("rb") as there:
            ours = there.read(len(BEGINS)) == BEGINS
        if not ours or path.samefile(file):
            raise RejectsTaken(f"{path} is not a rejects file of an earlier import: choose another with --rejects")
    return path


def _writable(folder: Path) -> bool:
    # The owner of a read-only folder, and root, could write there nevertheless; whoever closed it meant it.
    return os.access(folder, os.W_OK) and bool(folder.stat().st_mode & 0o222)
