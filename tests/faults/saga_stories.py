"""The stories of each saga that are told with something befalling it: who begins it, and what others do meanwhile."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from adapters.memory.tables import FULFILMENTS, RETURNS
from core.acceptance.policies import SetPolicy
from core.catalogue.item import CreateItem, CreateItems
from core.identity.permission import Scope
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.holding import CommitReservation
from core.inventory.location import CreateLocation, LocationKind
from core.inventory.transferring import CancelTransfer, ReceiveTransfer, StartTransfer, TransferRequest
from core.kernel.errors import Conflict
from core.kernel.ids import OrderId, TransferId
from core.kernel.money import Money
from core.orders.changing import AcceptFulfilment, LineQuantity, RejectFulfilment, ShipFulfilment
from core.orders.deadlines import FulfilmentPolicy
from core.orders.returning import (
    ApproveReturn,
    Finding,
    InspectReturn,
    ReceiveReturn,
    RefuseRefund,
    RequestReturn,
    ResolveReturn,
    ReturnWish,
    SettleRefund,
)
from core.sagas.allocate_to_channel import AllocateToChannel
from core.sagas.saga import Saga, Status
from core.sagas.settle_return import SettleReturn
from core.sagas.transfer_stock import TransferStock
from core.tenants.tenant import CreateTenant
from entrypoints.dispatch import UseCase

Ask = Callable[[object], Awaitable[Any]]
"""Gives a command until there is an answer; a refusal is one."""
Others = Callable[["Scene"], Awaitable[None]]
GOODS = CreateItem(sku="A", name="a", price=Money(minor=100, currency="EUR"))
FURNITURE: tuple[object, ...] = (
    CreateTenant(name="shop"),
    CreateItems(items=(GOODS,)),
    CreateLocation(code="W", kind=LocationKind.WAREHOUSE, priority=1),
    CreateLocation(code="V", kind=LocationKind.WAREHOUSE, priority=2),
    ChangeStock(acts=(StockAct(act=Act.RECEIVE, sku="A", location="W", quantity=Decimal(5)),)),
)
ONE = Decimal(1)
A_WHILE = timedelta(seconds=150)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What those who are waited for see, and how they act; ``order`` is one of two pieces, accepted before."""

    ask: Ask
    look: Callable[[Any], Mapping[Any, Any]]
    saga: Saga | None
    order: OrderId
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Story:
    """``begins`` makes the command; without it an accepted order begins the saga. ``others`` act once it has begun."""

    ends: Status
    begins: Callable[[Scene], Awaitable[object]] | None
    others: Others | None = None
    overrides: Mapping[type, UseCase] = field(default_factory=dict)
    before: tuple[object, ...] = ()


async def refuses(*asked: object) -> None:
    raise Conflict("the channel wants it no longer")


def allocating(quantity: int = 2, **other: Any) -> Story:
    async def begins(scene: Scene) -> object:
        return AllocateToChannel(sku="A", quantity=Decimal(quantity), channel="web")

    return Story(begins=begins, **other)


def transferring(others: Others, ends: Status, quantity: int = 2) -> Story:
    async def begins(scene: Scene) -> object:
        line = TransferRequest(sku="A", quantity=Decimal(quantity))
        due = scene.now + A_WHILE
        transfer = StartTransfer(source="W", target="V", lines=(line,), reason="runs low", due=due)
        return TransferStock(transfer=transfer, grace=timedelta())

    return Story(begins=begins, others=others, ends=ends)


def settling(others: Others, ends: Status, **other: Any) -> Story:
    async def begins(scene: Scene) -> object:
        """One of the two comes back and is looked at."""
        one = await _sent_back(scene)
        return SettleReturn(one=one, goods_within=A_WHILE, paid_within=A_WHILE)

    return Story(begins=begins, others=others, ends=ends, **other)


def fulfilling(others: Others, ends: Status) -> Story:
    deadlines = FulfilmentPolicy(answer_within_minutes=2, ship_within_minutes=3)
    more = ChangeStock(acts=(StockAct(act=Act.RECEIVE, sku="A", location="V", quantity=Decimal(5)),))
    return Story(begins=None, others=others, ends=ends, before=(SetPolicy(policy=deadlines), more))


async def _sent_back(scene: Scene) -> Any:
    (one,) = [row.id for _, row in scene.look(FULFILMENTS).values()]
    await scene.ask(AcceptFulfilment(fulfilment=one))
    await scene.ask(ShipFulfilment(fulfilment=one))
    wish = ReturnWish(line=1, quantity=ONE, reason="r")
    back = (await scene.ask(RequestReturn(order=scene.order, lines=(wish,)))).returns[0].id
    await scene.ask(ApproveReturn(one=back))
    return back


def _transfer(scene: Scene) -> TransferId:
    assert scene.saga is not None
    return TransferId(scene.saga.data["transfer_id"])


async def arrives(scene: Scene) -> None:
    await scene.ask(ReceiveTransfer(id=_transfer(scene), lines=(TransferRequest(sku="A", quantity=ONE),)))
    await scene.ask(ReceiveTransfer(id=_transfer(scene)))


async def turned_back(scene: Scene) -> None:
    await scene.ask(CancelTransfer(id=_transfer(scene), reason="turned back"))


async def paid(scene: Scene) -> None:
    await _inspected(scene)
    await scene.ask(SettleRefund(one=_return(scene), number=1))


async def not_paid(scene: Scene) -> None:
    await _inspected(scene)
    await scene.ask(RefuseRefund(one=_return(scene), number=1, reason="no"))


async def never_comes(scene: Scene) -> None:
    """Nobody does anything."""


def _return(scene: Scene) -> Any:
    ((_, one),) = scene.look(RETURNS).values()
    return one.id


async def _inspected(scene: Scene) -> None:
    back = _return(scene)
    await scene.ask(ReceiveReturn(one=back, location="W"))
    await scene.ask(InspectReturn(one=back, findings=(Finding(line=1, sellable=ONE),)))


def _asked(scene: Scene) -> Any:
    return [one for _, one in scene.look(FULFILMENTS).values() if one.state == "proposed"][-1].id


async def sent(scene: Scene) -> None:
    one = _asked(scene)
    await scene.ask(AcceptFulfilment(fulfilment=one))
    await scene.ask(ShipFulfilment(fulfilment=one, lines=(LineQuantity(line=1, quantity=ONE),)))
    await scene.ask(ShipFulfilment(fulfilment=one))


async def rejected(scene: Scene) -> None:
    await scene.ask(RejectFulfilment(fulfilment=_asked(scene), reason="flooded"))


REFUSED_AT_THE_END: Mapping[type, UseCase] = {CommitReservation: UseCase(scope=Scope.STOCK_WRITE, run=refuses)}
NOT_RESOLVED: Mapping[type, UseCase] = {ResolveReturn: UseCase(scope=Scope.ORDERS_WRITE, run=refuses)}
STORIES: dict[str, Story] = {
    "allocated": allocating(ends=Status.COMPLETED),
    "allocation refused at once": allocating(30, ends=Status.COMPENSATED),
    "allocation refused at the end": allocating(overrides=REFUSED_AT_THE_END, ends=Status.COMPENSATED),
    "transfer arrives": transferring(arrives, Status.COMPLETED),
    "transfer turned back": transferring(turned_back, Status.COMPENSATED),
    "transfer of what there is not": transferring(never_comes, Status.COMPENSATED, quantity=30),
    "return settled": settling(paid, Status.COMPLETED),
    "return not paid": settling(not_paid, Status.COMPENSATED),
    "return never comes": settling(never_comes, Status.COMPENSATED),
    "fulfilled": fulfilling(sent, Status.COMPLETED),
    "fulfilment rejected": fulfilling(rejected, Status.COMPENSATED),
    "fulfilment not answered": fulfilling(never_comes, Status.COMPENSATED),
}
