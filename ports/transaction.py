"""All or nothing for one command or one batch, within the tenants its context names."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from core.kernel.context import Context
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict

__all__ = ["CommitUnknown", "StorageUnavailable", "TransactionConflict", "Transactions", "View"]

View = TypeVar("View", covariant=True)


class Transactions(Protocol[View]):
    """Opens transactions. Each slice's port declares the *view* it needs: the repositories it may use."""

    def begin(self, context: Context) -> AbstractAsyncContextManager[View]:
        """Enter to begin, leave to commit; an exception inside rolls back and goes on.

        Only rows of ``context.tenants`` can be seen or written. Reads see what was committed when each statement
        began, and the transaction's own writes. Raises TransactionConflict, CommitUnknown or StorageUnavailable.
        """
        ...
