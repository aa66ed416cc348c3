"""Chunks enter in the file's order whatever finishes first; a run that was killed is gone on from, not repeated."""

import asyncio
import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from entrypoints.cli.imports.checkpoint import CheckpointFile, Progress, fingerprint_of
from entrypoints.cli.imports.pipeline import Applied, Books, Chunk, carry
from entrypoints.cli.imports.rejects import Reject, RejectsFile, RejectsTaken, rejects_path
from entrypoints.cli.imports.source import Row

HEADER = ("sku", "quantity")


class Killed(Exception):
    """Stands for kill -9."""


class Desk:
    """Takes words; the word BAD is rejected, KILL ends everything; earlier chunks take longer than later ones."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.at_once = self.most_at_once = 0

    async def __call__(self, words: Sequence[str]) -> Applied:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.01 if "slow" in words else 0)
        self.at_once -= 1
        if "KILL" in words:
            raise Killed
        self.taken += [word for word in words if word != "BAD"]
        rejects = tuple(Reject(row=Row(9, [word]), reason="bad word") for word in words if word == "BAD")
        return Applied(accepted=len(words) - len(rejects), rejects=rejects, tallies=Counter(words=len(words)))


def a_chunk(rows: int, *words: str, bad: int = 0) -> Chunk[str]:
    rejects = tuple(Reject(row=Row(rows, ["x", "0"]), reason="quantity is zero") for _ in range(bad))
    return Chunk(items=words, rows=rows, rejects=rejects, keys=frozenset(words))


def books(folder: Path, fingerprint: str = "same") -> Books:
    path = folder / "f.rejects.csv"
    checkpoint = CheckpointFile(folder / "f.orders.checkpoint", fingerprint)
    found = checkpoint.load(path)
    rejects = RejectsFile(path, HEADER, found.rejects_bytes if found else 0)
    return Books(found.progress if found else Progress(), rejects, checkpoint)


def rejected_lines(folder: Path) -> list[list[str]]:
    with (folder / "f.rejects.csv").open(newline="") as file:
        return list(csv.reader(file))


def test_chunks_are_entered_in_order_and_only_so_many_are_under_way(tmp_path: Path) -> None:
    desk, kept, seen = Desk(), books(tmp_path), []
    chunks = [a_chunk(1, "slow", "a"), a_chunk(2, "b"), a_chunk(3, "c")]
    asyncio.run(carry(chunks, desk, kept, at_once=2, show=lambda progress: seen.append(progress.rows)))
    assert seen == [1, 2, 3]
    assert desk.most_at_once == 2
    assert kept.progress == Progress(rows=3, accepted=4, tallies={"words": 4})


def test_chunks_that_share_a_key_go_one_after_the_other(tmp_path: Path) -> None:
    desk = Desk()
    asyncio.run(carry([a_chunk(1, "slow", "x"), a_chunk(2, "x")], desk, books(tmp_path), at_once=2))
    assert desk.most_at_once == 1
    assert desk.taken == ["slow", "x", "x"]


def test_a_killed_run_is_gone_on_from_and_its_rejects_do_not_double(tmp_path: Path) -> None:
    first = [a_chunk(2, "a", bad=1), a_chunk(4, "KILL", bad=1), a_chunk(6, "c", "BAD")]
    with pytest.raises(Killed):
        asyncio.run(carry(first, Desk(), books(tmp_path)))
    # What was written after the last checkpoint is cut off again.
    with (tmp_path / "f.rejects.csv").open("a") as file:
        file.write("7,half a li")
    kept = books(tmp_path)
    assert kept.progress.rows == 2
    asyncio.run(carry([a_chunk(4, "b", bad=1), a_chunk(6, "c", "BAD")], Desk(), kept))
    assert kept.progress == Progress(rows=6, accepted=3, rejected=3, tallies={"words": 4})
    assert rejected_lines(tmp_path) == [
        ["line", "reason", "sku", "quantity"],
        ["2", "quantity is zero", "x", "0"],
        ["4", "quantity is zero", "x", "0"],
        ["9", "bad word", "BAD"],
    ]


def test_a_finished_run_leaves_no_checkpoint_and_another_starts_anew(tmp_path: Path) -> None:
    kept = books(tmp_path)
    asyncio.run(carry([a_chunk(1, bad=1)], Desk(), kept))
    kept.close()
    assert [path.name for path in tmp_path.iterdir()] == ["f.rejects.csv"]
    assert books(tmp_path).progress.rows == 0
    assert not (tmp_path / "f.rejects.csv").exists()


def test_a_checkpoint_of_another_import_is_not_gone_on_from(tmp_path: Path) -> None:
    asyncio.run(carry([a_chunk(1, "a")], Desk(), books(tmp_path)))
    assert books(tmp_path).progress.rows == 1
    assert books(tmp_path, fingerprint="other").progress.rows == 0


def test_a_broken_checkpoint_and_missing_rejects_mean_starting_over(tmp_path: Path) -> None:
    asyncio.run(carry([a_chunk(1, bad=1)], Desk(), books(tmp_path)))
    (tmp_path / "f.rejects.csv").unlink()
    assert books(tmp_path).progress.rows == 0
    (tmp_path / "f.orders.checkpoint").write_text("{")
    assert books(tmp_path).progress.rows == 0


def test_the_fingerprint_tells_files_and_options_apart(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text("sku\nA\n")
    first = fingerprint_of(file, "orders", "GBP")
    assert fingerprint_of(file, "orders", "GBP") == first
    assert fingerprint_of(file, "orders", "EUR") != first
    file.write_text("sku\nB\n")
    assert fingerprint_of(file, "orders", "GBP") != first


def test_rejects_go_beside_the_file_under_its_name(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv.gz"
    file.touch()
    assert rejects_path(file, None) == tmp_path / "orders.rejects.csv"
    assert rejects_path(file, tmp_path / "bad.csv") == tmp_path / "bad.csv"


def test_rejects_of_a_file_in_a_closed_folder_go_to_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    file = closed / "orders.csv"
    file.touch()
    closed.chmod(0o555)
    monkeypatch.chdir(tmp_path)
    assert rejects_path(file, None) == tmp_path / "orders.rejects.csv"
    closed.chmod(0o755)


def test_a_file_that_holds_something_else_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.touch()
    (tmp_path / "diary.csv").write_text("dear diary\n")
    with pytest.raises(RejectsTaken, match="--rejects"):
        rejects_path(file, tmp_path / "diary.csv")
