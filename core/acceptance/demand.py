"""What an order's outcome means for demand: a pure reaction."""

from collections.abc import Iterable

from core.acceptance.events import OrderAccepted, OrderRejected
from core.forecasting.demand import DemandChange
from core.kernel.event import RecordedEvent
from core.kernel.value import value

SUBSCRIBER = "demand"
"""The name the demand projection is known by in the inbox."""


@value
class RecordDemand:
    """Add what these events mean for demand. They come as delivered: perhaps again, perhaps out of order."""

    events: tuple[RecordedEvent, ...]


def demand_of(events: Iterable[RecordedEvent]) -> list[DemandChange]:
    """One change a line of every accepted or rejected order; a held order has no demand until it is decided."""
    return [
        DemandChange(
            tenant=event.tenant,
            item=line.item,
            day=event.body.facts.received_at.date(),
            ordered=line.ordered,
            promised=line.allocated,
        )
        for event in events
        if isinstance(event.body, OrderAccepted | OrderRejected)
        for line in event.body.facts.lines
    ]
