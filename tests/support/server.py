"""A server a test may be rough with, in a folder of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TypeVar


class Server(Protocol):
    """It is started once it is there, and stopped whatever became of it."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


S = TypeVar("S", bound=Server)


@contextmanager
def started(name: str, made: Callable[[Path], S]) -> Iterator[S]:
    """The server that was ``made`` for a folder, running; its data goes with it."""
    with TemporaryDirectory(prefix=f"fluxor-{name}-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        server = made(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()
