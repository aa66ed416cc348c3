"""Everybody an accepted order meets: clerks who hold, change and cancel it, pickers, carriers, customers who send back.

Whoever they are, they act on what they saw a moment ago, often two at once.
"""

import asyncio
from decimal import Decimal
from random import Random

from adapters.memory.tables import FULFILMENTS, LOTS, ORDERS, RETURNS
from composition.simulation.world import APIS, NO_ANSWER, World
from core.kernel.errors import DomainError
from core.kernel.ids import FulfilmentId, OrderId, TenantId
from core.orders.changing import (
    AcceptFulfilment,
    AllocateOrder,
    AmendLine,
    CancelFulfilment,
    CancelLine,
    CancelOrder,
    CloseOrder,
    DeliverFulfilment,
    LineQuantity,
    MoveFulfilment,
    PackFulfilment,
    PickFulfilment,
    PlaceHold,
    RejectFulfilment,
    ReleaseHold,
    ReopenOrder,
    ShipFulfilment,
    SwapLot,
)
from core.orders.fulfilment import Fulfilment, FulfilmentState
from core.orders.order import HoldReason
from core.orders.returning import (
    ApproveReturn,
    CancelReturn,
    Finding,
    InspectReturn,
    ReceiveReturn,
    ReplacementWish,
    RequestRefund,
    RequestReturn,
    ResolveReturn,
    ReturnWish,
    SettleRefund,
)
from core.orders.returns import Return, ReturnKind, ReturnState

ONE = Decimal(1)


class Warehouse:
    """One after the other, now and then two at once."""

    def __init__(self, world: World, tenants: list[TenantId], places: tuple[str, ...]) -> None:
        self._world = world
        self._times = world.plan.times(world.random_of("warehouse"), 16, 36)
        self._tenants = tenants
        self._places = places

    async def work(self) -> None:
        """Come and go for a while."""
        for _ in range(self._times):
            random = self._world.turn("clerk")
            if random is None:
                continue
            await asyncio.sleep(random.random() * 0.25)
            tenant = random.choice(self._tenants)
            wanted = [self._something(tenant, random) for _ in range(random.choice((1, 1, 2)))]
            await asyncio.gather(*(self._ask(command, tenant, random) for command in wanted if command is not None))

    def _something(self, tenant: TenantId, random: Random) -> object | None:
        """What somebody has in mind who looked a moment ago; None when there is nothing to be done."""
        store = self._world.store
        returns = [one for key, (_, one) in store.table(RETURNS).items() if key[0] == tenant]
        open_work = [one for key, (_, one) in store.table(FULFILMENTS).items() if key[0] == tenant]
        orders = [key[1] for key in store.table(ORDERS) if key[0] == tenant]
        kind = random.random()
        if kind < 0.3 and returns:
            return self._about_return(random.choice(returns), random)
        if kind < 0.85 and open_work:
            chosen = random.choice(open_work)
            swap = self._swap(tenant, chosen, random)
            if swap is not None and random.random() < 0.3:
                return swap
            if chosen.shipped and random.random() < 0.4:
                return self._give_back(tenant, chosen, random)
            return self._about_fulfilment(chosen.id, chosen.state, random)
        return _about_order(OrderId(random.choice(orders)), random) if orders else None

    def _give_back(self, tenant: TenantId, one: Fulfilment, random: Random) -> RequestReturn:
        """One piece of what was sent, now and then for another like it."""
        number = one.lines[0].line
        wish = ReturnWish(line=number, quantity=ONE, reason="r")
        if random.random() < 0.6:
            return RequestReturn(order=one.order, lines=(wish,))
        lines = self._world.store.table(ORDERS)[tenant, one.order].facts.lines
        instead = tuple(ReplacementWish(sku=line.sku, quantity=ONE) for line in lines if line.number == number)
        return RequestReturn(order=one.order, lines=(wish,), kind=ReturnKind.EXCHANGE, replacements=instead)

    def _swap(self, tenant: TenantId, one: Fulfilment, random: Random) -> object | None:
        """Another lot of something it is to send, if that is kept by lot."""
        lots = {key[1]: lot for key, lot in self._world.store.table(LOTS).items() if key[0] == tenant}
        for line in one.lines:
            if line.lot is not None:
                others = [lot.code for lot in lots.values() if lot.item == line.item]
                given = random.choice(sorted(others))
                return SwapLot(fulfilment=one.id, line=line.line, promised=lots[line.lot].code, given=given)
        return None

    def _about_fulfilment(self, one: FulfilmentId, state: FulfilmentState, random: Random) -> object:
        lines = random.choice((None, (LineQuantity(line=1, quantity=ONE),)))
        trouble: list[object] = [
            RejectFulfilment(fulfilment=one, reason="r"),
            MoveFulfilment(fulfilment=one, location=random.choice(self._places), reason="r"),
            CancelFulfilment(fulfilment=one, reason="r", forced=random.random() < 0.5),
        ]
        pick, ship = PickFulfilment(fulfilment=one, lines=lines), ShipFulfilment(fulfilment=one, lines=lines)
        if random.random() < 0.2:
            return random.choice(trouble)
        next_steps: dict[FulfilmentState, list[object]] = {
            FulfilmentState.PROPOSED: [AcceptFulfilment(fulfilment=one)],
            FulfilmentState.ACCEPTED: [pick, ship],
            FulfilmentState.PICKING: [pick, ship, PackFulfilment(fulfilment=one)],
            FulfilmentState.PACKED: [ship],
        }
        return random.choice(next_steps.get(state, [DeliverFulfilment(fulfilment=one)]))

    def _about_return(self, one: Return, random: Random) -> object:
        if one.replaced_by and random.random() < 0.4:
            return ApproveReturn(one=one.id)
        if random.random() < 0.5:
            refund = RequestRefund(one=one.id)
            return random.choice(
                (refund, refund, SettleRefund(one=one.id, number=1), CancelReturn(one=one.id, reason="r"))
            )
        verdict = random.choice((Finding(line=1, sellable=ONE), Finding(line=1, scrapped=ONE)))
        match one.state:
            case ReturnState.REQUESTED:
                return ApproveReturn(one=one.id)
            case ReturnState.RECEIVED:
                return InspectReturn(one=one.id, findings=(verdict,))
            case ReturnState.INSPECTED:
                return ResolveReturn(one=one.id)
            case _:
                return ReceiveReturn(one=one.id, location=random.choice(self._places))

    async def _ask(self, command: object, tenant: TenantId, random: Random) -> None:
        """Whatever comes of it."""
        place = random.choice(APIS)
        try:
            await self._world.call(place, lambda api: api.dispatch.run(command, self._world.context(api, tenant)))
        except (*NO_ANSWER, DomainError):
            return


def _about_order(order: OrderId, random: Random) -> object:
    return random.choice(
        (
            PlaceHold(order=order, reason=HoldReason.OPERATOR, note="n"),
            ReleaseHold(order=order, note="n"),
            ReleaseHold(order=order, note="n"),
            CancelOrder(order=order, reason="r", forced=random.random() < 0.5),
            CancelLine(order=order, line=1, reason="r", quantity=random.choice((None, ONE))),
            AmendLine(order=order, line=1, quantity=Decimal(random.randint(1, 5)), reason="r"),
            AllocateOrder(order=order),
            CloseOrder(order=order, reason="r"),
            ReopenOrder(order=order, reason="r"),
        )
    )
