"""Files come as they are: packed or not, whatever their encoding and delimiter; one bad row does not stop the rest."""

import gzip
from pathlib import Path

import pytest

from entrypoints.cli.imports.source import EmptyFile, Row, open_source


def read(path: Path, content: bytes) -> tuple[list[str], list[Row]]:
    path.write_bytes(content)
    with open_source(path) as source:
        return source.header, list(source.rows())


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("packed", [False, True])
def test_delimiter_bom_and_packing_are_found_out(tmp_path: Path, delimiter: str, bom: bytes, packed: bool) -> None:
    content = bom + f"sku{delimiter}name\r\nA{delimiter}caf\u00e9\r\n".encode()
    header, rows = read(tmp_path / "f.csv", gzip.compress(content) if packed else content)
    assert header == ["sku", "name"]
    assert rows == [Row(2, ["A", "caf\u00e9"])]


def test_bytes_that_are_not_utf8_are_read_as_windows_wrote_them(tmp_path: Path) -> None:
    _, rows = read(tmp_path / "f.csv", b"sku,name\nA,caf\xe9 \x80 5\nB,caf\xc3\xa9\n")
    assert [row.cells[1] for row in rows] == ["caf\u00e9 \u20ac 5", "caf\u00e9"]


def test_utf16_with_its_mark_is_read(tmp_path: Path) -> None:
    _, rows = read(tmp_path / "f.csv", "sku\tname\nA\tcaf\u00e9\n".encode("utf-16"))
    assert rows == [Row(2, ["A", "caf\u00e9"])]


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    _, rows = read(tmp_path / "f.csv", b'sku,name\n\nA,"two\nlines"\n\nB,x\n')
    assert [(row.line, row.cells[0]) for row in rows] == [(3, "A"), (6, "B")]


def test_rows_of_another_width_and_with_nul_say_so(tmp_path: Path) -> None:
    _, rows = read(tmp_path / "f.csv", b"sku,name\nA\nB,x,y\nC,\0\nD,d\n")
    assert [row.problem for row in rows] == [
        "has 1 columns, the header has 2",
        "has 3 columns, the header has 2",
        "holds a NUL character",
        None,
    ]


def test_a_quote_that_never_ends_does_not_take_the_file_with_it(tmp_path: Path) -> None:
    tail = b"B,x\n" * 50_000
    _, rows = read(tmp_path / "f.csv", b'sku,name\nA,"open\n' + tail)
    assert rows[0].problem is not None
    assert "field larger than field limit" in rows[0].problem
    assert rows[-1] == Row(50_002, ["B", "x"])


def test_an_empty_file_has_no_header(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile, match="must name the columns"):
        read(tmp_path / "f.csv", b"\n")


def test_bytes_read_reach_the_size(tmp_path: Path) -> None:
    path = tmp_path / "f.csv.gz"
    path.write_bytes(gzip.compress(b"sku\n" + b"A\n" * 10_000))
    with open_source(path) as source:
        assert sum(1 for _ in source.rows()) == 10_000
        assert source.bytes_read == source.size
