"""The load generator's own books: what was answered, how fast, and which orders to watch until decided."""

import math
from collections import Counter
from collections.abc import Callable

import msgspec

from entrypoints.cli.bench.load import NO_ANSWER


class Receipt(msgspec.Struct):
    """What the answer to one order says; a refused order of a batch has no ``job_id``."""

    job_id: str | None = None
    status_url: str | None = None


class ReceiptPage(msgspec.Struct):
    """The answer to a batch, where it is an object."""

    items: list[Receipt]


_ONE = msgspec.json.Decoder(Receipt)
_MANY = msgspec.json.Decoder(list[Receipt] | ReceiptPage)


def read_receipts(body: bytes, *, batch: int) -> list[Receipt]:
    """The receipts of accepted orders in ``body``. Raises msgspec.DecodeError for another kind of answer."""
    if batch == 1:
        receipts = [_ONE.decode(body)]
    else:
        answer = _MANY.decode(body)
        receipts = answer.items if isinstance(answer, ReceiptPage) else answer
    return [receipt for receipt in receipts if receipt.job_id is not None]


class Tally:
    """Counts orders of the whole run and of the window; latencies (seconds) of requests meant for the window.

    ``watch(number, intended, status_url)`` is called with one order of an answer whenever ``wants(now)`` says
    yes.
    """

    def __init__(
        self,
        *,
        batch: int,
        wants: Callable[[float], bool],
        watch: Callable[[int, float, str], None],
    ) -> None:
        self._batch = batch
        self._wants = wants
        self._watch = watch
        self._opened = math.inf
        self._closed = math.inf
        self.accepted = 0
        self.errors = 0
        self.errors_by_status: Counter[str] = Counter()
        self.window_accepted = 0
        self.latencies: list[float] = []

    def open_window(self, now: float) -> None:
        """Measure requests that were meant to be sent from ``now`` on."""
        self._opened = now

    def close_window(self, now: float) -> None:
        """Measure no request meant to be sent at ``now`` or later; answers to earlier ones still count."""
        self._closed = now

    def in_window(self, intended: float) -> bool:
        """Whether a request meant for ``intended`` is measured."""
        return self._opened <= intended < self._closed

    def observe(self, number: int, intended: float, ended: float, status: int, body: bytes) -> None:
        """Book one request. One without an answer took at least until it was given up."""
        accepted = self._take(number, intended, ended, body) if 200 <= status < 300 else 0
        if accepted < self._batch:
            self.errors += self._batch - accepted
            self.errors_by_status[str(status) if status != NO_ANSWER else "no answer"] += self._batch - accepted
        self.accepted += accepted
        if self._opened <= intended < self._closed:
            self.window_accepted += accepted
            # A quick refusal is not a quick intake; a request that never came back is a slow one.
            if accepted or status == NO_ANSWER:
                self.latencies.append(ended - intended)

    def _take(self, number: int, intended: float, ended: float, body: bytes) -> int:
        """How many orders the answer accepts. A single 202 is only read when it is going to be watched."""
        wanted = self._wants(ended)
        if self._batch == 1 and not wanted:
            return 1
        try:
            receipts = read_receipts(body, batch=self._batch)
        except msgspec.DecodeError:
            # Success with a body that says nothing: booked as errors under its status, like a refusal.
            return 0
        if wanted and receipts and receipts[-1].status_url is not None:
            # The last of a batch: if anything, it is decided after the others.
            self._watch(number, intended, receipts[-1].status_url)
        return len(receipts)
