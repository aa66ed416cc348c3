"""What comes next out of a strand of which it is known what was handed out before."""

from collections.abc import Sequence
from contextlib import suppress

from core.kernel.message import Message, strand_of
from ports.broker import BrokerUnavailable
from ports.strands import HandedOut, StrandHold, Strands


def next_out(hold: StrandHold, head: str, fetched: int, limit: int) -> HandedOut:
    """What of the ``fetched`` next messages, of which ``head`` is the first, is handed out: ``limit`` at most.

    What was handed out before comes alone, counted; what nobody saw comes together, for the first time.
    """
    # Whoever had it may have been done with the first, and could not say so any more.
    known = hold.first in ("", head)
    tried, attempts = (hold.tried, hold.attempts) if known else (max(0, hold.tried - 1), 1)
    in_hand = 1 if tried else min(limit, fetched)
    return HandedOut(
        first=head,
        attempt=attempts + 1 if tried else 1,
        in_hand=in_hand,
        tried=tried or in_hand,
        behind=fetched - in_hand,
    )


def still_tried(what: HandedOut) -> int:
    """How many of those that come once ``what`` is ended were handed out before."""
    return what.tried - what.in_hand


async def ring(strands: Strands, messages: Sequence[Message]) -> None:
    """Tell those who wait of what was sent. It is kept: that nobody can be told is no reason to send it again."""
    with suppress(BrokerUnavailable):
        for queue in sorted({message.queue for message in messages}):
            mine = {(one.priority, strand_of(one.key)) for one in messages if one.queue == queue}
            await strands.ring(queue, sorted(mine))


def receipt_of(hold: StrandHold) -> str:
    """What a batch of this hold is known by."""
    return f"{hold.priority:d}:{hold.strand}:{hold.fence}"
