"""How much a worker takes at a time after it crashed: less with each crash, until what kills it stands alone.

A batch that kills its worker would kill the next one too. After one crash batches are small, after two they are single
orders; after a third the first of those goes to the retry queue undecided, where attempts are counted before they are
made. When single orders have gone well for a while the batches grow again.
"""

SMALL = 16
AGREEABLE = 16
"""So many batches in a row must go well before the next size is tried."""


class Suspicion:
    """``full``: the size of a batch when nothing is suspected."""

    def __init__(self, full: int) -> None:
        self._full = full
        self.size = full
        self._good = 0
        self._move_first = False

    @property
    def well(self) -> bool:
        """Whether nothing is suspected."""
        return self.size == self._full

    def crashed(self, times: int) -> None:
        """The worker's predecessors crashed ``times`` in a row."""
        self.size = self._full if times == 0 else SMALL if times == 1 else 1
        self._move_first = times > 2
        self._good = 0

    def move_first(self) -> bool:
        """Whether the next order is to be moved to the retry queue instead of being decided; true once."""
        moving, self._move_first = self._move_first, False
        return moving

    def went_well(self) -> None:
        """A batch of the present size was decided."""
        self._good += 1
        if not self.well and self._good >= AGREEABLE:
            self.size, self._good = (SMALL if self.size < SMALL else self._full), 0
