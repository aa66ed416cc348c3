"""A CSV file as a stream of rows, whatever it is packed, encoded and separated with."""

import codecs
import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from core.kernel.errors import Rejected

GZIP_MAGIC = b"\x1f\x8b"
DELIMITERS = ",;\t|"
SNIFFED_BYTES = 8192
FALLBACK = "fluxor-latin"


class EmptyFile(Rejected):
    """The file has no header."""

    code = "empty_file"


class Row(NamedTuple):
    """One row: the line it begins on, its cells, and why it cannot be read, if it cannot."""

    line: int
    cells: list[str]
    problem: str | None = None


class Source:
    """An open file. ``header`` is read; ``rows`` can be iterated once."""

    def __init__(self, raw: BinaryIO, text: io.TextIOBase, delimiter: str, size: int) -> None:
        self._raw = raw
        self._reader = csv.reader(text, delimiter=delimiter)
        self.size = size
        self.header = next((cells for cells in self._reader if any(map(str.strip, cells))), [])
        if not self.header:
            raise EmptyFile("the file is empty: its first line must name the columns")

    @property
    def bytes_read(self) -> int:
        """How far the file on disk was read; ``size`` is all of it."""
        return self._raw.tell()

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank. A row that cannot be read says so and does not stop the others."""
        width = len(self.header)
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(line, [], f"cannot be read: {error}")
                continue
            if len(cells) != width:
                if cells:
                    yield Row(line, cells, f"has {len(cells)} columns, the header has {width}")
            elif "\0" in "".join(cells):
                yield Row(line, cells, "holds a NUL character")
            else:
                yield Row(line, cells)


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """The file at ``path``, packed with gzip or not, closed afterwards. Raises EmptyFile, OSError."""
    with ExitStack() as stack:
        raw = stack.enter_context(path.open("rb"))
        packed = raw.peek(2)[:2] == GZIP_MAGIC
        plain = stack.enter_context(gzip.GzipFile(fileobj=raw)) if packed else raw
        head = plain.peek(SNIFFED_BYTES)[:SNIFFED_BYTES]
        encoding = _encoding(head)
        first = head.decode(encoding, errors="replace").partition("\n")[0]
        text = io.TextIOWrapper(cast(BinaryIO, plain), encoding=encoding, errors=FALLBACK, newline="")
        stack.callback(text.detach)  # whoever opened a file closes it
        yield Source(raw, text, sniff_delimiter(first), path.stat().st_size)


def sniff_delimiter(header: str) -> str:
    """The delimiter that makes the most columns of the header; a comma when none does."""
    widths = {delimiter: len(next(csv.reader([header], delimiter=delimiter), [])) for delimiter in DELIMITERS}
    return max(widths, key=widths.__getitem__)


def _encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def _as_latin(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are not UTF-8 are read as what spreadsheets of the West write: Windows-1252, else Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    try:
        return bad.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return bad.decode("latin-1"), error.end


codecs.register_error(FALLBACK, _as_latin)
