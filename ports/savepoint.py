"""A part of a transaction that can fail alone."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Savepoints(Protocol):
    """The running transaction, in parts."""

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """What is written inside is undone when an exception leaves it; the rest of the transaction stays good."""
        ...
