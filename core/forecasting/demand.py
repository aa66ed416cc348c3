"""Demand of an item on a day."""

from datetime import date

from core.kernel.ids import ItemId, TenantId
from core.kernel.value import value


@value
class DemandChange:
    """``ordered`` base units were asked for on ``day`` (UTC), ``promised`` of them promised."""

    tenant: TenantId
    item: ItemId
    day: date
    ordered: int
    promised: int
