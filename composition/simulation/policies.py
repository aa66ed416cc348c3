"""Where the shops of one seed promise stock from, and a watch over what they then promise.

Half of the shops have rules of their own: places preferred or dear, one closed to a channel, units kept back for one.
"""

from collections import Counter
from collections.abc import Iterator
from random import Random

from adapters.memory.store import Store, Writes
from adapters.memory.tables import BALANCES, ITEMS, JOURNAL, LOCATIONS
from adapters.toolkit.codec import decode_event
from core.acceptance.events import ACCEPTED, OrderAccepted
from core.inventory.ranking import ANY, RULES, AllocationPolicy, kept_from
from core.kernel.ids import TenantId

CHANNELS = ("api", "shop")
PLACES = ("EAST", "WEST")


def allocation_policy(random: Random) -> AllocationPolicy:
    """What a shop says about it; often no more than the rules."""
    chosen = random.sample(sorted(RULES), random.randint(1, 4))
    closed, keeper = random.choice(CHANNELS), random.choice(CHANNELS)
    return AllocationPolicy(
        rules=tuple(chosen),
        preferred=tuple(random.sample(PLACES, random.randint(0, 2))),
        costs={random.choice(PLACES): {random.choice(("DE", ANY)): random.randint(0, 900)}},
        excluded={closed: (random.choice(PLACES),)} if random.random() < 0.5 else {},
        kept={keeper: {random.choice((*PLACES, ANY)): random.randint(1, 4)}} if random.random() < 0.5 else {},
    )


class PolicyWatch:
    """Looks at every order as it is promised, and adds what it finds to ``findings``. ``policies`` stay as they are."""

    def __init__(self, store: Store, findings: list[str]) -> None:
        self.policies: dict[TenantId, AllocationPolicy] = {}
        self._store = store
        self._findings = findings
        store.before_commit.append(self._commit)

    def _commit(self, process: str, transaction_id: int | None, writes: Writes) -> None:
        if not self.policies:
            return
        accepted = [
            (key[0], decode_event(row.name, row.payload))
            for key, row in writes.get(JOURNAL, {}).items()
            if row.name == ACCEPTED and key[0] in self.policies
        ]
        for tenant, event in accepted:
            assert isinstance(event, OrderAccepted)
            self._findings += self._closed(tenant, event)
        for tenant in sorted({tenant for tenant, _ in accepted}):
            events = [event for one, event in accepted if one == tenant and isinstance(event, OrderAccepted)]
            self._findings += self._given_away(tenant, events, writes)

    def _closed(self, tenant: TenantId, event: OrderAccepted) -> Iterator[str]:
        """Parts from a location that the order's channel is shut out of."""
        shut = self.policies[tenant].excluded.get(event.facts.channel, ())
        for line in event.facts.lines:
            for part in line.parts:
                if self._store.table(LOCATIONS)[tenant, part.location].code in shut:
                    yield f"policies: an order of {event.facts.channel} is promised from {shut}, closed to it"

    def _given_away(self, tenant: TenantId, events: list[OrderAccepted], writes: Writes) -> Iterator[str]:
        """Shelves with less left than is kept there for other channels, all of this batch being of one."""
        channels = {event.facts.channel for event in events}
        if len(channels) > 1:
            return
        taken: Counter[tuple[str, str]] = Counter()
        owed: Counter[tuple[str, str]] = Counter()
        for event in events:
            for line in event.facts.lines:
                for part in line.parts:
                    taken[part.item or line.item, part.location] += part.quantity - part.backordered
                    owed[part.item or line.item, part.location] += part.backordered
        for item, location in sorted(shelf for shelf, units in taken.items() if units):
            code = self._store.table(LOCATIONS)[tenant, location].code
            kept = kept_from(self.policies[tenant], min(channels), code)
            if kept and self._left(tenant, item, location, writes) + owed[item, location] < kept:
                sku = self._store.table(ITEMS)[tenant, item].sku
                yield f"policies: {min(channels)} is promised of {sku} in {code} what is kept for another"

    def _left(self, tenant: TenantId, item: str, location: str, writes: Writes) -> int:
        rows = {**self._store.table(BALANCES), **writes.get(BALANCES, {})}
        return sum(row.balance.available for key, row in rows.items() if key[:3] == (tenant, item, location))
