"""Deliveries and stocktakings that come as lists: told until somebody answers, now and then twice, or two at once."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from random import Random

from adapters.memory.store import Store
from adapters.memory.tables import ENTRIES
from composition.simulation.goods import LOTS
from composition.simulation.wishes import BY_LOT, PLAIN
from composition.simulation.world import APIS, NO_ANSWER, World
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.delivery import DeliveredLine, ReceiveDelivery
from core.kernel.errors import DomainError
from core.kernel.ids import TenantId
from entrypoints.dispatch import Request
from ports.idempotency import Answer

PLACES = ("EAST", "WEST")
TRIES_MAX = 200
UNKNOWN = "UNHEARD-OF"


@dataclass(kw_only=True, slots=True)
class Told:
    """One list. Each of its acts stands in the ledger under its ``marker`` and its number; ``answered`` when done."""

    marker: str
    tenant: TenantId
    acts: tuple[StockAct, ...]
    answered: bool = False

    @property
    def delivery(self) -> ReceiveDelivery:
        """The whole of it, as a delivery."""
        lines = tuple(DeliveredLine(number=number, act=act) for number, act in enumerate(self.acts))
        return ReceiveDelivery(name=self.marker, lines=lines)


class Deliverers:
    """``told`` is filled as they go."""

    def __init__(self, world: World, tenants: list[TenantId]) -> None:
        self.told: list[Told] = []
        self._world = world
        self._tenants = tenants
        self._times = world.plan.times(world.random_of("deliverers"), 1, 3)

    async def deliver(self) -> None:
        """One list after the other."""
        for number in range(self._times):
            random = self._world.turn("deliverer")
            if random is None:
                continue
            await asyncio.sleep(random.random())
            act = random.choice((Act.RECEIVE, Act.RECEIVE, Act.COUNT))
            marker = f"list-{number}"
            acts = tuple(_act(random, act, f"{marker}:{line}") for line in range(random.randint(2, 5)))
            told = Told(marker=marker, tenant=random.choice(self._tenants), acts=acts)
            self.told.append(told)
            await (self._receive(told, random) if act is Act.RECEIVE else self._count(told, random))

    async def _receive(self, told: Told, random: Random) -> None:
        """Tell the delivery; some tell a part of it before, or all of it again, or both at once."""
        whole = told.delivery
        part = replace(whole, lines=whole.lines[: random.randint(1, len(whole.lines))])
        for together in random.choice((((whole,),), ((part,), (whole,)), ((whole, whole),), ((whole,), (part, whole)))):
            await asyncio.gather(*(self._until_answered(told, command, None, random) for command in together))

    async def _count(self, told: Told, random: Random) -> None:
        digest = sha256(told.marker.encode()).digest()
        command, request = ChangeStock(acts=told.acts), Request(key=digest, fingerprint=digest)
        for _ in range(random.choice((1, 2))):
            await self._until_answered(told, command, request, random)

    async def _until_answered(self, told: Told, command: object, request: Request | None, random: Random) -> None:
        for _ in range(TRIES_MAX):
            place = random.choice(APIS)
            try:
                await self._world.call(
                    place,
                    lambda api: api.dispatch.answer(command, self._world.context(api, told.tenant), _encode, request),
                )
            except (*NO_ANSWER, DomainError):
                await asyncio.sleep(0.2)
                continue
            told.answered = True
            return
        self._world.observer.findings.append(f"{told.marker}: no answer in {TRIES_MAX} tries")


def broken_lists(store: Store, lists: Collection[Told]) -> Iterator[str]:
    """Every line that did not happen once: a delivery is received once however often it is told, a count counted so."""
    groups: dict[str, set[str]] = defaultdict(set)
    received: Counter[str] = Counter()
    for (tenant, _, group, _), row in store.table(ENTRIES).items():
        reason = f"{tenant} {row.movement.reason}"
        groups[reason].add(group)
        received[reason] += row.movement.quantity
    for told in lists:
        for number, act in enumerate(told.acts):
            reason = f"{told.tenant} {told.marker}:{number}"
            times, most = len(groups[reason]), 0 if act.sku == UNKNOWN else 1
            least = most if told.answered and act.act is Act.RECEIVE else 0
            if not least <= times <= most:
                yield f"I8: line {number} of {told.marker} happened {times} times"
            if act.act is Act.RECEIVE and times == 1 and received[reason] != act.quantity:
                yield f"I8: line {number} of {told.marker} says {act.quantity}, {received[reason]} were received"


def _act(random: Random, act: Act, reason: str) -> StockAct:
    sku = random.choice((*PLAIN, *PLAIN, BY_LOT, UNKNOWN))
    done = StockAct(
        act=act,
        sku=sku,
        location=random.choice(PLACES),
        quantity=Decimal(random.randint(1, 3)),
        reason=reason,
    )
    return replace(done, lot=random.choice(LOTS)) if sku == BY_LOT else done


def _encode(outcomes: object) -> Answer:
    return Answer(status=200, body=b"told")
