"""What every queue is asked to do, each with its own libraries: make ready, enqueue, work, post.

A worker says on its standard output, a line each, how far it is: jobs done, when the first and last was (Unix time),
and how long after it was sent each single one was in hand (milliseconds). It works until it is ended by a signal.
"""

import json
import sys
import threading
import time
from collections.abc import Callable

NOT_TIMED = 0.0
SAY_SECONDS = 0.05
POST_SECONDS = 0.005


class Done:
    """What one worker has done."""

    def __init__(self) -> None:
        self._count, self._first, self._last = 0, 0.0, 0.0
        self._waited: list[float] = []
        threading.Thread(target=self._say, daemon=True).start()

    def job(self, sent: float) -> None:
        """The job itself, which does nothing else."""
        now = time.time()
        self._count += 1
        self._first = self._first or now
        self._last = now
        if sent:
            self._waited.append(1000 * (now - sent))

    def _say(self) -> None:
        while True:
            print(json.dumps([self._count, self._first, self._last, self._waited]), flush=True)
            time.sleep(SAY_SECONDS)


def now() -> float:
    """When a job that is timed is sent."""
    return time.time()


def play(
    ready: Callable[[str], None],
    enqueue: Callable[[str, int], None],
    work: Callable[[str], None],
    post: Callable[[str, int], None],
) -> None:
    """The part the command line asks for, at the server it names."""
    part, url, *number = sys.argv[1:]
    if part == "ready":
        ready(url)
    elif part == "work":
        work(url)
    else:
        {"enqueue": enqueue, "post": post}[part](url, int(number[0]))
