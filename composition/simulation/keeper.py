"""The keeper of the stock: receives, counts, moves limits, each once under its key until there is an answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from random import Random

from composition.simulation.goods import LOTS, reclassification
from composition.simulation.wishes import BY_LOT, CUSTOMERS, PLAIN, SKUS, KeptAct
from composition.simulation.world import APIS, NO_ANSWER, World
from core.catalogue.item import AmendItem
from core.credit.account import SetCreditLimit
from core.inventory.acts import Act, AllocateStock, ChangeStock, StockAct, StockChanged
from core.kernel.errors import DomainError
from core.kernel.ids import ItemId, TenantId
from core.kernel.money import Money
from entrypoints.dispatch import Request
from ports.idempotency import Answer

PLACES = ("EAST", "WEST")
TRIES_MAX = 200


class Keeper:
    """``acts`` is filled as it goes."""

    def __init__(self, world: World, tenants: list[TenantId], items: Mapping[TenantId, list[ItemId]]) -> None:
        self.acts: list[KeptAct] = []
        self._world = world
        self._tenants = tenants
        self._items = items
        self._times = world.plan.times(world.random_of("keeper"), 3, 7)

    async def keep(self) -> None:
        """One thing after the other."""
        for number in range(self._times):
            random = self._world.turn("keeper")
            if random is None:
                continue
            await asyncio.sleep(random.random() * 0.5)
            tenant = random.choice(self._tenants)
            if random.randrange(7) < 4:
                await self._try(self._command(random, tenant), tenant, random)
            else:
                await self._move(KeptAct(marker=f"act-{number}", tenant=tenant, act=_stock_act(random, number)), random)

    def _command(self, random: Random, tenant: TenantId) -> object:
        """Something that may as well be lost."""
        item, limit = random.choice(self._items[tenant]), Money(minor=random.randint(0, 9000), currency="EUR")
        return random.choice(
            (
                AmendItem(id=item, backorder_limit=random.randint(0, 4)),
                SetCreditLimit(customer=random.choice(CUSTOMERS) or "cy", limit=limit),
                AllocateStock(name=random.choice(SKUS), quantity=Decimal(1), channel="shop"),
                reclassification(random),
            )
        )

    async def _move(self, act: KeptAct, random: Random) -> None:
        """Do a stock act once, under its key, until there is an answer."""
        self.acts.append(act)
        digest = sha256(act.marker.encode()).digest()
        command, request = ChangeStock(acts=(act.act,)), Request(key=digest, fingerprint=digest)
        for _ in range(TRIES_MAX):
            try:
                answer = await self._world.call(
                    random.choice(APIS),
                    lambda api: api.dispatch.answer(command, self._world.context(api, act.tenant), _encode, request),
                )
            except (*NO_ANSWER, DomainError):
                await asyncio.sleep(0.2)
                continue
            act.happened = answer.body == b"done"
            return
        self._world.observer.findings.append(f"{act.marker}: no answer in {TRIES_MAX} tries")

    async def _try(self, command: object, tenant: TenantId, random: Random) -> None:
        """Give a command once; whatever comes of it."""
        try:
            await self._world.call(
                random.choice(APIS), lambda api: api.dispatch.run(command, self._world.context(api, tenant))
            )
        except (*NO_ANSWER, DomainError):
            return


def _stock_act(random: Random, number: int) -> StockAct:
    act, quantity = random.choice(((Act.RECEIVE, 3), (Act.ADJUST, -2), (Act.COUNT, 4), (Act.RECEIVE, 1)))
    place, sku = random.choice(PLACES), random.choice((*PLAIN, BY_LOT))
    done = StockAct(act=act, sku=sku, location=place, quantity=Decimal(quantity), reason=f"act-{number}")
    return replace(done, lot=random.choice(LOTS)) if sku == BY_LOT else done


def _encode(outcomes: list[StockChanged | DomainError]) -> Answer:
    done = all(isinstance(outcome, StockChanged) and outcome.movements for outcome in outcomes)
    return Answer(status=200, body=b"done" if done else b"refused")
