"""What can go wrong between a transaction and the storage, whoever asks."""


class TransactionConflict(Exception):
    """Somebody else's transaction came first (a deadlock, a serialisation failure, a lost race for a unique key).

    Nothing was written. Running the whole transaction again may succeed.
    """


class CommitUnknown(Exception):
    """The connection broke while the commit was under way: it may have happened or not.

    Whoever retries must look first whether the effect is already there.
    """


class StorageUnavailable(Exception):
    """There is no storage to talk to, or no connection came free in time. Nothing was written."""


TROUBLE = (StorageUnavailable, CommitUnknown, TransactionConflict)
"""Nothing is wrong with what was asked: asked again, after a look at what was done, it may come off."""
