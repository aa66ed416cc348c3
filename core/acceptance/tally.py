"""How a policy did over many orders: what was served, in how many parcels, from where."""

from collections import Counter
from collections.abc import Mapping

from core.acceptance.promising import Promise
from core.kernel.ids import LocationId
from core.kernel.quantity import SCALE_MAX
from core.kernel.value import value
from core.orders.order import OrderFacts


@value
class Load:
    """What one location was asked for: parts of orders, and quantity to SCALE_MAX decimals of units of measure."""

    orders: int
    quantity: int


@value
class Report:
    """``orders`` and ``lines`` as they were demanded; an order that stock is short for is not served at all.

    ``split_orders`` come from several locations, ``split_lines`` of them have a line that does; ``stock_outs`` counts
    lines that were short. Quantities to SCALE_MAX decimals of units of
    measure, since items have different ones. ``differing`` orders were decided
    otherwise in truth.
    """

    orders: int
    served_orders: int
    lines: int
    quantity: int
    served_quantity: int
    stock_outs: int
    split_orders: int
    split_lines: int
    parcels: int
    differing: int
    load: Mapping[str, Load]


class Tally:
    """Counts as orders come; it keeps numbers only, however many there are."""

    def __init__(self, codes: Mapping[LocationId, str]) -> None:
        self._codes = codes
        self._counts: Counter[str] = Counter()
        self._orders_at: Counter[str] = Counter()
        self._quantity_at: Counter[str] = Counter()

    def count(self, facts: OrderFacts, promise: Promise, *, as_it_was: bool) -> None:
        """Add one order as it was promised."""
        counts = self._counts
        wanted = sum([line.ordered * 10 ** (SCALE_MAX - line.scale) for line in facts.lines])
        counts["orders"] += 1
        counts["lines"] += len(facts.lines)
        counts["quantity"] += wanted
        counts["differing"] += not as_it_was
        counts["stock_outs"] += len({one.number for one in promise.explained if one.allocation.short})
        if not promise.reasons:
            counts["served_orders"] += 1
            counts["served_quantity"] += wanted
            self._place(facts, promise)

    def _place(self, facts: OrderFacts, promise: Promise) -> None:
        at: Counter[str] = Counter()
        for line, parts in zip(facts.lines, promise.parts, strict=True):
            scale_of = {component.item: component.scale for component in line.components}
            for part in parts:
                scale = scale_of[part.item] if part.item else line.scale
                at[self._codes[part.location]] += part.quantity * 10 ** (SCALE_MAX - scale)
            self._counts["split_lines"] += len({part.location for part in parts}) > 1
        self._counts["split_orders"] += len(at) > 1
        self._counts["parcels"] += len(at)
        self._orders_at.update(at.keys())
        self._quantity_at.update(at)

    def report(self) -> Report:
        """What was counted."""
        counts = self._counts
        return Report(
            orders=counts["orders"],
            served_orders=counts["served_orders"],
            lines=counts["lines"],
            quantity=counts["quantity"],
            served_quantity=counts["served_quantity"],
            stock_outs=counts["stock_outs"],
            split_orders=counts["split_orders"],
            split_lines=counts["split_lines"],
            parcels=counts["parcels"],
            differing=counts["differing"],
            load={
                code: Load(orders=self._orders_at[code], quantity=self._quantity_at[code])
                for code in sorted(self._orders_at)
            },
        )
