"""Shoppers with carts: they hold stock, think about it, and then buy, leave, do both at once, or forget about it."""

import asyncio
from decimal import Decimal
from random import Random
from typing import Any

from composition.simulation.wishes import SKUS
from composition.simulation.world import APIS, NO_ANSWER, World
from core.inventory.holding import (
    CommitReservation,
    ConsumeReservation,
    ExtendReservation,
    Holder,
    ReleaseReservation,
    ReservationLine,
    ReserveStock,
)
from core.inventory.reservation import Reservation, ReservationEnded, ReservationState, over
from core.kernel.errors import DomainError
from core.kernel.ids import TenantId

COMMITTED = ReservationState.COMMITTED
MOMENTS = (1, 2, 600)
"""Seconds a hold lasts: some run out while the shopper thinks."""


class Holders:
    """One shopper after the other."""

    def __init__(self, world: World, tenants: list[TenantId]) -> None:
        self._world = world
        self._times = world.plan.times(world.random_of("holders"), 2, 5)
        self._tenants = tenants

    async def shop(self) -> None:
        """Come and go a few times."""
        for _ in range(self._times):
            random = self._world.turn("shopper")
            if random is None:
                continue
            await asyncio.sleep(random.random() * 0.6)
            await self._visit(random.choice(self._tenants), random)

    async def _visit(self, tenant: TenantId, random: Random) -> None:
        lines = tuple(
            ReservationLine(sku=random.choice(SKUS), quantity=Decimal(random.randint(1, 2)))
            for _ in range(random.randint(1, 2))
        )
        reserve = ReserveStock(lines=lines, holder=Holder.CART, seconds=random.choice(MOMENTS))
        held = await self._ask(reserve, tenant, random)
        if not isinstance(held, Reservation):
            return
        await asyncio.sleep(random.random() * 2)
        release = ReleaseReservation(id=held.id, reason="left")
        commit = CommitReservation(id=held.id, cause="order:cart")
        choices: list[list[object]] = [[], [release], [commit], [release, release], [release, commit]]
        ends = random.choice(choices)
        if not ends and random.random() < 0.5:
            ends = [ExtendReservation(id=held.id)]
        answers = await asyncio.gather(*(self._ask(end, tenant, random) for end in ends))
        if sum(isinstance(answer, Reservation) for answer in answers) > 1:
            self._world.observer.findings.append(f"hold {held.id} was ended twice")
        if any(isinstance(answer, Reservation) and answer.state is COMMITTED for answer in answers):
            consume = ConsumeReservation(id=held.id)
            gone = await asyncio.gather(*(self._ask(consume, tenant, random) for _ in range(random.choice((0, 1, 2)))))
            if sum(isinstance(answer, Reservation) for answer in gone) > 1:
                self._world.observer.findings.append(f"hold {held.id} left twice")
        in_time = not over(held, self._world.store.clock())
        if in_time and len(answers) == 1 and isinstance(answers[0], ReservationEnded):
            self._world.observer.findings.append(f"hold {held.id} was over before its time")

    async def _ask(self, command: object, tenant: TenantId, random: Random) -> Any:
        """What came of it: the reservation, a refusal, or None when there was no answer."""
        place = random.choice(APIS)
        try:
            return await self._world.call(
                place, lambda api: api.dispatch.run(command, self._world.context(api, tenant))
            )
        except DomainError as refused:
            return refused
        except NO_ANSWER:
            return None
