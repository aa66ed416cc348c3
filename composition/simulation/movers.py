"""People who move stock: they send it from place to place, receive it, and get in each other's way over it."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from adapters.memory.tables import EXPECTED, TRANSFERS
from composition.simulation.wishes import SKUS
from composition.simulation.world import APIS, NO_ANSWER, World
from core.inventory.expected import ExpectedReceipt, ExpectedState
from core.inventory.expecting import AnnounceReceipt, ReceiveExpected, WithdrawExpected
from core.inventory.transfer import Transfer, TransferState, has_ended
from core.inventory.transferring import (
    CancelTransfer,
    CloseTransfer,
    ReceiveTransfer,
    ShipTransfer,
    StartTransfer,
    TransferRequest,
)
from core.kernel.errors import DomainError
from core.kernel.ids import TenantId

PLACES = ("EAST", "WEST")
A_DAY = timedelta(days=1)


class Movers:
    """One transfer or delivery after the other, each with somebody who does the same, or the opposite, at once."""

    def __init__(self, world: World, tenants: list[TenantId]) -> None:
        self._world = world
        self._times = world.plan.times(world.random_of("movers"), 2, 5)
        self._tenants = tenants

    async def move(self) -> None:
        """Come and go a few times."""
        for _ in range(self._times):
            random = self._world.turn("mover")
            if random is None:
                continue
            await asyncio.sleep(random.random() * 0.6)
            tenant = random.choice(self._tenants)
            await (self._transfer(tenant, random) if random.random() < 0.7 else self._delivery(tenant, random))

    async def _transfer(self, tenant: TenantId, random: Random) -> None:
        source, target = random.sample(PLACES, 2)
        line = TransferRequest(sku=random.choice(SKUS), quantity=Decimal(random.randint(1, 2)))
        later = self._world.store.clock() + A_DAY if random.random() < 0.3 else None
        sent = await self._ask(
            StartTransfer(source=source, target=target, lines=(line,), reason="runs low", ship_on=later), tenant, random
        )
        if not isinstance(sent, Transfer):
            return
        await asyncio.sleep(random.random())
        answers = await asyncio.gather(*(self._ask(act, tenant, random) for act in _acts(random, sent, line.sku)))
        self._judge(sent, [answer for answer in answers if isinstance(answer, Transfer)], tenant)

    def _judge(self, sent: Transfer, done: list[Transfer], tenant: TenantId) -> None:
        """What was answered must have happened: nothing arrives twice, and one end is all there is."""
        kept = self._world.store.table(TRANSFERS).get((tenant, sent.id))
        ends = [answer for answer in done if has_ended(answer.state)]
        if len(ends) > 1 or len({answer.version for answer in done}) < len(done):
            self._world.observer.findings.append(f"transfer {sent.id} came to its end twice")
        if kept is None or any(answer.version > kept.version for answer in done):
            self._world.observer.findings.append(f"transfer {sent.id} forgot what was done to it")

    async def _delivery(self, tenant: TenantId, random: Random) -> None:
        told = AnnounceReceipt(
            sku=random.choice(SKUS), location=random.choice(PLACES), quantity=Decimal(random.randint(1, 3))
        )
        expected = await self._ask(told, tenant, random)
        if not isinstance(expected, ExpectedReceipt):
            return
        await asyncio.sleep(random.random())
        receive, withdraw = ReceiveExpected(id=expected.id), WithdrawExpected(id=expected.id, reason="sold out")
        choices: list[list[object]] = [[], [receive], [receive, receive], [receive, withdraw]]
        answers = await asyncio.gather(*(self._ask(act, tenant, random) for act in random.choice(choices)))
        ended = [answer for answer in answers if isinstance(answer, ExpectedReceipt)]
        kept = self._world.store.table(EXPECTED).get((tenant, expected.id))
        if kept is None or len(ended) > 1 or (ended and kept.state is ExpectedState.OPEN):
            self._world.observer.findings.append(f"expected receipt {expected.id} ended {len(ended)} times")

    async def _ask(self, command: object, tenant: TenantId, random: Random) -> Any:
        """What came of it: the transfer or receipt, a refusal, or None when there was no answer."""
        place = random.choice(APIS)
        try:
            return await self._world.call(
                place, lambda api: api.dispatch.run(command, self._world.context(api, tenant))
            )
        except DomainError as refused:
            return refused
        except NO_ANSWER:
            return None


def _acts(random: Random, sent: Transfer, sku: str) -> list[object]:
    """What several people do to it at once."""
    one = (TransferRequest(sku=sku, quantity=Decimal(1)),)
    ship, receive = ShipTransfer(id=sent.id), ReceiveTransfer(id=sent.id)
    some = ReceiveTransfer(id=sent.id, lines=one)
    cancel, close = CancelTransfer(id=sent.id, reason="turned back"), CloseTransfer(id=sent.id, reason="lost")
    planned: list[list[object]] = [[], [ship], [ship, ship], [ship, cancel]]
    shipped: list[list[object]] = [[], [receive], [receive, receive], [some] * 3, [receive, cancel], [some, close]]
    return random.choice(planned if sent.state is TransferState.PLANNED else shipped)
