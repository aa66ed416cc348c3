"""A delivery: receipts that came as one numbered list, such as a file, each of which is received once and for all.

What was received of it stays known by the delivery's name and the line's number, however long ago it was, so whoever
is not sure whether a list was entered enters it again. A line that was refused was not received: it may come again.
"""

from core.inventory.acts import StockAct
from core.kernel.ids import StreamId, TenantId, named_stream
from core.kernel.value import value

PAGE = 1000
"""So many lines share a history. Never another number: what was received before would not be found."""


@value
class DeliveredLine:
    """Line ``number`` of a delivery, and the receipt it says."""

    number: int
    act: StockAct


@value
class ReceiveDelivery:
    """Receive those of ``lines`` of the delivery called ``name`` that were not received yet."""

    name: str
    lines: tuple[DeliveredLine, ...]


@value
class LinesReceived:
    """These lines of the delivery are received; they all belong to one page of it."""

    delivery: str
    lines: tuple[int, ...]


def page_of(number: int) -> int:
    """The page line ``number`` stands on."""
    return number // PAGE


def stream_of(tenant: TenantId, delivery: str, page: int) -> StreamId:
    """Where the history of one page is kept."""
    return named_stream(tenant, f"delivery:{delivery}:{page}")
