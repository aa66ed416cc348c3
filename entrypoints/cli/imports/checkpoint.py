"""How far an import has come, beside its rejects, so that one that was killed goes on where it was."""

import hashlib
from pathlib import Path

import msgspec

HEAD_BYTES = 65_536


class Progress(msgspec.Struct):
    """``rows`` of the file are done with; the counts say how each ended; ``tallies`` what they became."""

    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    tallies: dict[str, int] = {}


class Checkpoint(msgspec.Struct):
    """What is on disk: whose progress it is, and how much of the rejects file belongs to it."""

    fingerprint: str
    progress: Progress
    rejects_bytes: int


class CheckpointFile:
    """Replaced as a whole each time: a reader sees the old one or the new one."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self._path = path
        self._fingerprint = fingerprint

    def load(self, rejects: Path) -> Checkpoint | None:
        """The checkpoint of this very import, or None when there is none that can be gone on from."""
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=Checkpoint)
            held = rejects.stat().st_size if found.rejects_bytes else 0
        except (FileNotFoundError, msgspec.DecodeError):
            # Starting over is always right, only slower: what is known already is recognised.
            return None
        usable = found.fingerprint == self._fingerprint and held >= found.rejects_bytes
        return found if usable else None

    def save(self, progress: Progress, rejects_bytes: int) -> None:
        """Remember."""
        draft = self._path.with_name(self._path.name + ".new")
        checkpoint = Checkpoint(fingerprint=self._fingerprint, progress=progress, rejects_bytes=rejects_bytes)
        draft.write_bytes(msgspec.json.encode(checkpoint))
        draft.replace(self._path)

    def remove(self) -> None:
        """The import is done."""
        self._path.unlink(missing_ok=True)


def fingerprint_of(path: Path, *options: object) -> str:
    """Tells two imports apart: the file as it is now, and everything it was told."""
    stat = path.stat()
    with path.open("rb") as file:
        digest = hashlib.blake2b(file.read(HEAD_BYTES), digest_size=16)
    digest.update(msgspec.json.encode([stat.st_size, stat.st_mtime_ns, *map(str, options)]))
    return digest.hexdigest()
