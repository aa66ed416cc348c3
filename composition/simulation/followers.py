"""Those who leave it to Fluxor to watch: transfers that are followed, returns that settle by themselves, deadlines.

What they wait for is done by somebody, late, otherwise, or never; in the end a person decides what is still stuck.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random

from adapters.memory.tables import FULFILMENTS, RETURNS, SAGAS
from composition.simulation.movers import PLACES
from composition.simulation.wishes import SKUS
from composition.simulation.world import APIS, NO_ANSWER, World
from core.inventory.transferring import CancelTransfer, CloseTransfer, ReceiveTransfer, StartTransfer, TransferRequest
from core.kernel.errors import DomainError
from core.kernel.ids import ReturnId, TenantId, TransferId
from core.orders.changing import AcceptFulfilment, ShipFulfilment
from core.orders.deadlines import FulfilmentPolicy
from core.orders.fulfilment import OPEN, Fulfilment
from core.orders.returning import (
    ApproveReturn,
    Finding,
    InspectReturn,
    ReceiveReturn,
    RefuseRefund,
    RequestReturn,
    ReturnWish,
    SettleRefund,
)
from core.sagas import allocate_to_channel
from core.sagas.commands import ForgiveSaga
from core.sagas.saga import Saga, Status
from core.sagas.settle_return import SettleReturn
from core.sagas.transfer_stock import TransferStock
from entrypoints.dispatch import Request
from ports.idempotency import Answer

TRIES_MAX = 200
DEADLINES = FulfilmentPolicy(answer_within_minutes=1, ship_within_minutes=2)
LOOKS_MAX, DONE_SHARE = 6, 0.85
ONE = Decimal(1)
A_WHILE, A_LITTLE = timedelta(seconds=60), timedelta(seconds=20)


@dataclass(kw_only=True, slots=True)
class Move:
    """One followed transfer somebody wants; ``marker`` stands in its reference."""

    marker: str
    tenant: TenantId
    saga: str | None = None


class Followers:
    """``wanted`` is filled as they go; ``strict`` are the tenants whose locations have deadlines."""

    def __init__(self, world: World, tenants: list[TenantId]) -> None:
        self._world = world
        self._times = world.plan.times(world.random_of("followers"), 2, 5)
        self._tenants = tenants
        self.wanted: list[Move] = []
        self.strict: set[TenantId] = set()

    async def follow(self) -> None:
        """A few transfers and settlements, sometimes several at a time."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._times):
                random = self._world.turn("follower")
                if random is None:
                    continue
                await asyncio.sleep(random.random() * 0.7)
                tenant = random.choice(self._tenants)
                if random.random() < 0.5:
                    group.create_task(self._settle(tenant, random))
                    continue
                move = Move(marker=f"move-{number}", tenant=tenant)
                self.wanted.append(move)
                group.create_task(self._move(move, random))

    async def _move(self, move: Move, random: Random) -> None:
        source, target = random.sample(PLACES, 2)
        line = TransferRequest(sku=random.choice(SKUS), quantity=Decimal(random.choice((1, 1, 2, 30))))
        due = self._world.store.clock() + A_LITTLE
        transfer = StartTransfer(
            source=source, target=target, lines=(line,), reason="runs low", reference=move.marker, due=due
        )
        digest = sha256(move.marker.encode()).digest()
        request = Request(key=digest, fingerprint=digest)
        command = TransferStock(transfer=transfer, grace=timedelta())
        for _ in range(TRIES_MAX):
            try:
                answer: Answer = await self._world.call(
                    random.choice(APIS),
                    lambda api: api.dispatch.answer(command, self._world.context(api, move.tenant), _encode, request),
                )
            except (*NO_ANSWER, DomainError):
                await asyncio.sleep(0.2)
                continue
            move.saga, transfer_id = answer.body.decode().split(" ")
            await self._carry(TransferId(transfer_id), move.tenant, random)
            return
        self._world.observer.findings.append(f"{move.marker}: no answer in {TRIES_MAX} tries")

    async def _carry(self, transfer: TransferId, tenant: TenantId, random: Random) -> None:
        """It arrives, is lost, is called off, or nobody says."""
        await asyncio.sleep(random.choice((0.5, 5.0, 30.0)) * random.random())
        receive, cancel = ReceiveTransfer(id=transfer), CancelTransfer(id=transfer, reason="turned back")
        close = CloseTransfer(id=transfer, reason="lost")
        choices: list[list[object]] = [[], [receive], [receive], [receive, cancel], [cancel], [close, receive]]
        await asyncio.gather(*(self._try(act, tenant, random.choice(APIS)) for act in random.choice(choices)))

    async def _settle(self, tenant: TenantId, random: Random) -> None:
        """Something is sent, comes back, and settles by itself, if everybody does what is waited for."""
        one = await self._work_of(tenant, random)
        if one is None:
            return
        wish = ReturnWish(line=one.lines[0].line, quantity=ONE, reason="r")
        accept, ship = AcceptFulfilment(fulfilment=one.id), ShipFulfilment(fulfilment=one.id)
        for act in (accept, ship, RequestReturn(order=one.order, lines=(wish,))):
            await self._try(act, tenant, random.choice(APIS))
        rows = self._world.store.table(RETURNS).items()
        mine = [back for key, (_, back) in rows if key[0] == tenant and back.order == one.order]
        if not mine:
            return
        back, place = mine[-1].id, random.choice(PLACES)
        await self._try(ApproveReturn(one=back), tenant, random.choice(APIS))
        settle = SettleReturn(one=back, goods_within=A_WHILE, paid_within=A_LITTLE)
        await asyncio.gather(*(self._try(settle, tenant, api) for api in APIS[: random.choice((1, 2))]))
        finding, answers = Finding(line=wish.line, sellable=ONE), _answers(back)
        receive, inspect = ReceiveReturn(one=back, location=place), InspectReturn(one=back, findings=(finding,))
        for waited_for in (receive, inspect, random.choice(answers)):
            await asyncio.sleep(random.random() * 6)
            if random.random() < DONE_SHARE:
                await self._try(waited_for, tenant, random.choice(APIS))

    async def _work_of(self, tenant: TenantId, random: Random) -> Fulfilment | None:
        """What some location is still to send, once there is something."""
        for _ in range(LOOKS_MAX):
            await asyncio.sleep(random.random())
            rows = self._world.store.table(FULFILMENTS).items()
            work = [one for key, (_, one) in rows if key[0] == tenant and one.state in OPEN and one.lines]
            if work:
                return random.choice(work)
        return None

    async def forgive_stuck(self) -> int:
        """A person takes upon himself what waits for nobody any more; answers for how many sagas."""
        rows = self._world.store.table(SAGAS)
        stuck = sorted(
            key
            for key, row in rows.items()
            if row.saga.status is Status.STUCK and row.saga.name != allocate_to_channel.NAME
        )
        for tenant, saga in stuck:
            await self._world.insist(ForgiveSaga(id=saga, reason="settled by hand"), tenant)
        return len(stuck)

    async def _try(self, command: object, tenant: TenantId, place: str) -> None:
        """Give a command once; whatever comes of it."""
        try:
            await self._world.call(place, lambda api: api.dispatch.run(command, self._world.context(api, tenant)))
        except (*NO_ANSWER, DomainError):
            return


def _answers(back: ReturnId) -> tuple[object, ...]:
    paid, refused = SettleRefund(one=back, number=1), RefuseRefund(one=back, number=1, reason="no")
    return paid, paid, refused


def _encode(saga: Saga) -> Answer:
    return Answer(status=202, body=f"{saga.id} {saga.data['transfer_id']}".encode())
