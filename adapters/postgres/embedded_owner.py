"""One owner a data directory: a lock that the kernel drops when its holder dies, however it dies."""

import fcntl
import os
from pathlib import Path

LOCK_NAME = "owner.lock"

# A fork without exec shares the lock with its parent and would keep it after the parent was killed.
_held: set[int] = set()


class DataDirectoryInUse(RuntimeError):
    """Another live process owns this data directory."""

    def __init__(self, directory: Path, pid: str) -> None:
        super().__init__(
            f"the data directory {directory} is in use by Fluxor process {pid}; "
            "stop that one first, or choose another directory with FLUXOR_DATA_DIR"
        )
        self.directory = directory
        self.pid = pid


class OwnerLock:
    """The right to run the server of one data directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether we hold the lock."""
        return self._descriptor is not None

    def acquire(self) -> None:
        """Take the lock and write our pid into it; does nothing when we hold it already.

        Raises DataDirectoryInUse when another process holds it.
        """
        if self._descriptor is not None:
            return
        # os.open sets close-on-exec, so neither the server nor a worker inherits the lock.
        descriptor = os.open(self._directory / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise DataDirectoryInUse(self._directory, holder or "(pid not known yet)") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        _held.add(descriptor)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; does nothing when it is not held."""
        if self._descriptor is not None:
            _held.discard(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None


def _forget_in_child() -> None:
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)
