"""Channels that want stock set aside: each asks once, under its key, until somebody answers."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from random import Random

from adapters.memory.tables import SAGAS
from composition.simulation.wishes import SKUS
from composition.simulation.world import APIS, NO_ANSWER, World
from core.kernel.errors import DomainError
from core.kernel.ids import TenantId
from core.sagas.allocate_to_channel import AllocateToChannel
from core.sagas.commands import RetrySaga
from core.sagas.saga import MOVING, Saga, Status
from entrypoints.dispatch import Request
from ports.idempotency import Answer

TRIES_MAX = 200
WATCHED_TIMES = 40
QUANTITIES = (1, 1, 2, 3, 30)
"""Some ask for more than there is."""


@dataclass(kw_only=True, slots=True)
class Allocation:
    """One wish, and the saga it became. ``marker`` stands in the channel's name."""

    marker: str
    tenant: TenantId
    saga: str | None = None


class Allocators:
    """``wanted`` is filled as they go."""

    def __init__(self, world: World, tenants: list[TenantId]) -> None:
        self._world = world
        self._times = world.plan.times(world.random_of("channels"), 2, 6)
        self._tenants = tenants
        self.wanted: list[Allocation] = []

    async def allocate(self) -> None:
        """Ask for a few allocations, sometimes several at a time."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._times):
                random = self._world.turn("channel")
                if random is None:
                    continue
                await asyncio.sleep(random.random() * 0.6)
                wish = Allocation(marker=f"channel-{number}", tenant=random.choice(self._tenants))
                self.wanted.append(wish)
                group.create_task(self._ask(wish, random))

    async def _ask(self, wish: Allocation, random: Random) -> None:
        digest = sha256(wish.marker.encode()).digest()
        request = Request(key=digest, fingerprint=digest)
        sku, quantity = random.choice(SKUS), Decimal(random.choice(QUANTITIES))
        command = AllocateToChannel(sku=sku, quantity=quantity, channel=wish.marker)
        for _ in range(TRIES_MAX):
            try:
                answer: Answer = await self._world.call(
                    random.choice(APIS),
                    lambda api: api.dispatch.answer(command, self._world.context(api, wish.tenant), _encode, request),
                )
            except (*NO_ANSWER, DomainError):
                await asyncio.sleep(0.2)
                continue
            wish.saga = answer.body.decode()
            await self._watch(wish)
            return
        self._world.observer.findings.append(f"{wish.marker}: no answer in {TRIES_MAX} tries")

    async def _watch(self, wish: Allocation) -> None:
        """Stay for a while, so that it does not all happen when nothing goes wrong any more."""
        rows = self._world.store.table(SAGAS)
        for _ in range(WATCHED_TIMES):
            await asyncio.sleep(0.5)
            row = rows.get((wish.tenant, wish.saga))
            if row is not None and row.saga.status not in MOVING:
                return

    async def retry_stuck(self) -> int:
        """The operator asks again what was given up; answers for how many sagas."""
        rows = self._world.store.table(SAGAS)
        stuck = sorted(key for key, row in rows.items() if row.saga.status is Status.STUCK)
        for tenant, saga in stuck:
            await self._world.insist(RetrySaga(id=saga), tenant)
        return len(stuck)


def _encode(saga: Saga) -> Answer:
    return Answer(status=202, body=saga.id.encode())
