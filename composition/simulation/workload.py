"""A shop or two at work: clients order and repeat themselves, shoppers hold stock, a keeper and movers move it."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

from adapters.memory.tables import JOBS
from composition.simulation.allocators import Allocators
from composition.simulation.followers import DEADLINES, Followers
from composition.simulation.goods import LOTS, NEW_KIT, lots, new_items, reclassification
from composition.simulation.holders import Holders
from composition.simulation.movers import Movers
from composition.simulation.warehouse import Warehouse
from composition.simulation.wishes import BY_LOT, CUSTOMERS, PLAIN, SKUS, KeptAct, Wish, wishes
from composition.simulation.world import APIS, NO_ANSWER, Api, ConnectionLost, World
from core.acceptance.policies import SetPolicy
from core.acceptance.queues import REVIEW
from core.catalogue.item import AmendItem, CreateItems
from core.credit.account import SetCreditLimit
from core.intake.dead_letters import ReplayDeadLetter
from core.intake.submission import Receipt
from core.inventory.acts import Act, AllocateStock, ChangeStock, StockAct, StockChanged
from core.inventory.location import CreateLocation, LocationKind
from core.kernel.errors import DomainError, NotFound
from core.kernel.ids import ItemId, TenantId
from core.kernel.money import Money
from core.risk.assessment import RiskPolicy
from core.tenants.tenant import CreateTenant
from entrypoints.dispatch import Request
from ports.idempotency import Answer

PLACES = ("EAST", "WEST")
TRIES_MAX = 200


class Shop:
    """The workload of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.random = world.random
        self.tenants: list[TenantId] = []
        self.items: dict[TenantId, list[ItemId]] = {}
        self.wishes: list[Wish] = []
        self.acts: list[KeptAct] = []
        self.allocators = Allocators(world, self.tenants)
        self.followers = Followers(world, self.tenants)

    async def open(self) -> None:
        """Tenants with items, places, stock and customers, before anything goes wrong."""
        api = self.world.start_api(APIS[0])
        for number in range(self.random.choice((1, 1, 2))):
            tenant = TenantId(api.new_id())
            self.tenants.append(tenant)
            await self._furnish(api, tenant, number)
        api.kill()
        count = self.random.randint(8, 18)
        self.wishes = wishes(self.random, self.tenants, self.world.faults, count)
        self.world.poison.kinds.update({wish.marker: wish.kind for wish in self.wishes})

    async def _furnish(self, api: Api, tenant: TenantId, number: int) -> None:
        random = self.random
        stock = tuple(
            StockAct(act=Act.RECEIVE, sku=sku, location=place, quantity=Decimal(random.randint(1, 8)))
            for sku in PLAIN
            for place in PLACES
            if random.random() < 0.7
        )
        policy = RiskPolicy(weights={"many_units": 750}, many_units=6)
        commands: list[Any] = [CreateTenant(name=f"shop {number}"), CreateItems(items=new_items(random))]
        commands += [CreateItems(items=(NEW_KIT,))]
        for code in PLACES:
            commands.append(CreateLocation(code=code, kind=LocationKind.WAREHOUSE, priority=random.randint(1, 3)))
        commands += [ChangeStock(acts=(*stock, *lots(random, PLACES))), SetPolicy(policy=policy)]
        commands += [SetCreditLimit(customer="ann", limit=Money(minor=4000, currency="EUR"))]
        if random.random() < 0.5:
            self.followers.strict.add(tenant)
            commands += [SetPolicy(policy=DEADLINES)]
        for command in commands:
            task = api.spawn(api.dispatch.run(command, self.world.context(api, tenant)))
            answer = await task
            if isinstance(command, CreateItems):
                self.items.setdefault(tenant, []).extend(item.id for item in answer)

    async def trade(self) -> None:
        """Everybody at work until all orders were sent and answered."""
        clients = 3
        async with asyncio.TaskGroup() as group:
            for number in range(clients):
                group.create_task(self._client(self.wishes[number::clients]))
            group.create_task(self._keeper())
            group.create_task(Holders(self.world, self.tenants).shop())
            group.create_task(Warehouse(self.world, self.tenants, PLACES).work())
            group.create_task(Movers(self.world, self.tenants).move())
            group.create_task(self.allocators.allocate())
            group.create_task(self.followers.follow())

    async def _client(self, wanted: list[Wish]) -> None:
        for wish in wanted:
            await asyncio.sleep(self.random.random() * 0.3)
            await self._send(wish)
            if wish.repeatable and self.random.random() < 0.3:
                await self._send(wish)

    async def _send(self, wish: Wish) -> None:
        """Send until there is an answer; what cannot be repeated safely is sent once."""
        for _ in range(TRIES_MAX):
            wish.sent += 1
            try:
                (answer,) = await self.world.call(self.random.choice(APIS), lambda api: self._submit(api, wish))
            except NO_ANSWER as error:
                nobody = isinstance(error, ConnectionLost) and str(error) == "nobody listens"
                if not wish.repeatable and not nobody:
                    return
                wish.sent -= nobody
                await asyncio.sleep(0.2)
                continue
            if isinstance(answer, Receipt):
                wish.receipts.append(answer)
            else:
                wish.refusals.append(answer)
            return
        self.world.observer.findings.append(f"{wish.marker}: no answer in {TRIES_MAX} tries")

    async def _submit(self, api: Api, wish: Wish) -> Any:
        return await api.writer.submit([wish.submission(self.world.context(api, wish.tenant), api.new_id)])

    async def _keeper(self) -> None:
        random = self.random
        for number in range(random.randint(3, 7)):
            await asyncio.sleep(random.random() * 0.5)
            tenant = random.choice(self.tenants)
            kind = random.randrange(7)
            if kind == 0:
                item = random.choice(self.items[tenant])
                await self._try(AmendItem(id=item, backorder_limit=random.randint(0, 4)), tenant)
            elif kind == 1:
                limit = Money(minor=random.randint(0, 9000), currency="EUR")
                await self._try(SetCreditLimit(customer=random.choice(CUSTOMERS) or "cy", limit=limit), tenant)
            elif kind == 2:
                await self._try(AllocateStock(name=random.choice(SKUS), quantity=Decimal(1), channel="shop"), tenant)
            elif kind == 3:
                await self._try(reclassification(random), tenant)
            else:
                await self._move(KeptAct(marker=f"act-{number}", tenant=tenant, act=self._stock_act(number)))

    def _stock_act(self, number: int) -> StockAct:
        act, quantity = self.random.choice(((Act.RECEIVE, 3), (Act.ADJUST, -2), (Act.COUNT, 4), (Act.RECEIVE, 1)))
        place, sku = self.random.choice(PLACES), self.random.choice((*PLAIN, BY_LOT))
        done = StockAct(act=act, sku=sku, location=place, quantity=Decimal(quantity), reason=f"act-{number}")
        return replace(done, lot=self.random.choice(LOTS)) if sku == BY_LOT else done

    async def _move(self, act: KeptAct) -> None:
        """Do a stock act once, under its key, until there is an answer."""
        self.acts.append(act)
        digest = sha256(act.marker.encode()).digest()
        command, request = ChangeStock(acts=(act.act,)), Request(key=digest, fingerprint=digest)
        for _ in range(TRIES_MAX):
            try:
                answer = await self.world.call(
                    self.random.choice(APIS),
                    lambda api: api.dispatch.answer(command, self.world.context(api, act.tenant), _encode, request),
                )
            except (*NO_ANSWER, DomainError):
                await asyncio.sleep(0.2)
                continue
            act.happened = answer.body == b"done"
            return
        self.world.observer.findings.append(f"{act.marker}: no answer in {TRIES_MAX} tries")

    async def _try(self, command: object, tenant: TenantId) -> None:
        """Give a command once; whatever comes of it."""
        try:
            await self.world.call(
                self.random.choice(APIS), lambda api: api.dispatch.run(command, self.world.context(api, tenant))
            )
        except (*NO_ANSWER, DomainError):
            return

    async def review(self, share: float) -> int:
        """The operator lets a share of the held orders pass; answers how many."""
        jobs = self.world.store.table(JOBS)
        parked = [key for key, row in jobs.items() if row.queue == REVIEW and row.run_at is None]
        chosen = [key for key in sorted(parked) if self.random.random() < share]
        for tenant, job in chosen:
            await self._replay(tenant, ReplayDeadLetter(job=job))
        return len(chosen)

    async def _replay(self, tenant: TenantId, command: ReplayDeadLetter) -> None:
        try:
            await self.world.call(
                self.random.choice(APIS), lambda api: api.dispatch.run(command, self.world.context(api, tenant))
            )
        except (*NO_ANSWER, NotFound):
            return


def _encode(outcomes: list[StockChanged | DomainError]) -> Answer:
    done = all(isinstance(outcome, StockChanged) and outcome.movements for outcome in outcomes)
    return Answer(status=200, body=b"done" if done else b"refused")
