"""A shop or two at work: clients order and repeat themselves, shoppers hold stock, a keeper and movers move it."""

import asyncio
from decimal import Decimal
from random import Random
from typing import Any

from adapters.memory.tables import JOBS
from composition.simulation.allocators import Allocators
from composition.simulation.deliverers import Deliverers
from composition.simulation.followers import DEADLINES, Followers
from composition.simulation.goods import NEW_KIT, lots, new_items
from composition.simulation.holders import Holders
from composition.simulation.keeper import PLACES, TRIES_MAX, Keeper
from composition.simulation.movers import Movers
from composition.simulation.policies import PolicyWatch, allocation_policy
from composition.simulation.warehouse import Warehouse
from composition.simulation.wishes import PLAIN, Wish, wishes
from composition.simulation.world import APIS, NO_ANSWER, OPENING, Api, ConnectionLost, World
from core.acceptance.policies import SetPolicy
from core.acceptance.queues import REVIEW
from core.catalogue.item import CreateItems
from core.credit.account import SetCreditLimit
from core.intake.dead_letters import ReplayDeadLetter
from core.intake.submission import Receipt
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.location import CreateLocation, LocationKind
from core.kernel.errors import NotFound
from core.kernel.ids import ItemId, TenantId
from core.kernel.money import Money
from core.risk.assessment import RiskPolicy
from core.tenants.tenant import CreateTenant

OWN_RULES_SHARE = 0.5


class Shop:
    """The workload of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.random = world.random_of("shop")
        self.tenants: list[TenantId] = []
        self.items: dict[TenantId, list[ItemId]] = {}
        self.wishes: list[Wish] = []
        self.keeper = Keeper(world, self.tenants, self.items)
        self.deliverers = Deliverers(world, self.tenants)
        self.allocators = Allocators(world, self.tenants)
        self.followers = Followers(world, self.tenants)
        self._watch = PolicyWatch(world.store, world.observer.findings)
        self._operator = world.random_of("operator")

    async def open(self) -> None:
        """Tenants with items, places, stock and customers, before anything goes wrong."""
        api = self.world.start_api(APIS[0])
        for number in range(self.random.choice((1, 1, 2))):
            tenant = TenantId(api.new_id())
            self.tenants.append(tenant)
            await self._furnish(api, tenant, number)
        api.kill()
        count = self.world.plan.times(self.random, 8, 18)
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
        if random.random() < OWN_RULES_SHARE:
            self._watch.policies[tenant] = allocation_policy(random)
            commands += [SetPolicy(policy=self._watch.policies[tenant])]
        for command in commands:
            task = api.spawn(api.dispatch.run(command, self.world.context(api, tenant, actor=OPENING)))
            answer = await task
            if isinstance(command, CreateItems):
                self.items.setdefault(tenant, []).extend(item.id for item in answer)

    async def trade(self) -> None:
        """Everybody at work until all orders were sent and answered."""
        clients = 3
        async with asyncio.TaskGroup() as group:
            for number in range(clients):
                group.create_task(self._client(self.wishes[number::clients]))
            group.create_task(self.keeper.keep())
            group.create_task(self.deliverers.deliver())
            group.create_task(Holders(self.world, self.tenants).shop())
            group.create_task(Warehouse(self.world, self.tenants, PLACES).work())
            group.create_task(Movers(self.world, self.tenants).move())
            group.create_task(self.allocators.allocate())
            group.create_task(self.followers.follow())

    async def _client(self, wanted: list[Wish]) -> None:
        for wish in wanted:
            random = self.world.turn(wish.marker)
            if random is None:
                continue
            await asyncio.sleep(random.random() * 0.3)
            await self._send(wish, random)
            if wish.repeatable and random.random() < 0.3:
                await self._send(wish, random)

    async def _send(self, wish: Wish, random: Random) -> None:
        """Send until there is an answer; what cannot be repeated safely is sent once."""
        for _ in range(TRIES_MAX):
            wish.sent += 1
            try:
                (answer,) = await self.world.call(random.choice(APIS), lambda api: self._submit(api, wish))
            except NO_ANSWER as error:
                nobody = isinstance(error, ConnectionLost) and str(error) == "nobody listens"
                if not wish.repeatable and not nobody:
                    return
                wish.sent -= nobody
                await asyncio.sleep(0.2)
                continue
            self.world.telemetry.log("info", "order sent", wish=wish.marker, answer=type(answer).__name__)
            if isinstance(answer, Receipt):
                wish.receipts.append(answer)
            else:
                wish.refusals.append(answer)
            return
        self.world.observer.findings.append(f"{wish.marker}: no answer in {TRIES_MAX} tries")

    async def _submit(self, api: Api, wish: Wish) -> Any:
        return await api.writer.submit([wish.submission(self.world.context(api, wish.tenant), api.new_id)])

    async def review(self, share: float) -> int:
        """The operator lets a share of the held orders pass; answers how many."""
        jobs = self.world.store.table(JOBS)
        parked = [key for key, row in jobs.items() if row.queue == REVIEW and row.run_at is None]
        chosen = [key for key in sorted(parked) if self._operator.random() < share]
        for tenant, job in chosen:
            await self._replay(tenant, ReplayDeadLetter(job=job))
        return len(chosen)

    async def _replay(self, tenant: TenantId, command: ReplayDeadLetter) -> None:
        try:
            await self.world.call(
                self._operator.choice(APIS), lambda api: api.dispatch.run(command, self.world.context(api, tenant))
            )
        except (*NO_ANSWER, NotFound):
            return
