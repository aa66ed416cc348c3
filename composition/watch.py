"""A child process ends when whoever started it is gone, however that went."""

import os
import threading
from collections.abc import Callable

PARENT_PIPE = "FLUXOR_PARENT_PIPE"
"""The number of a pipe's reading end that the parent never writes to: it closes when the parent dies."""


def exit_with_parent(leave: Callable[[], None]) -> None:
    """Call ``leave`` in a thread once the parent is gone; does nothing for a process that was started by hand."""
    number = os.environ.get(PARENT_PIPE)
    if number is None:
        return

    def wait() -> None:
        os.read(int(number), 1)
        leave()

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()
