"""What is done with orders after they were accepted."""

from functools import partial
from typing import Any

from dependency_injector import containers, providers

from core.execution.covering import CoverBackorders
from core.execution.use_cases.change_order import change_order
from core.execution.use_cases.change_return import change_return
from core.execution.use_cases.cover_backorders import cover_backorders
from core.execution.use_cases.look import look
from core.identity.permission import Scope
from core.inventory.use_cases.entering import end_expired, enter
from core.orders.changing import (
    AcceptFulfilment,
    AllocateOrder,
    AmendLine,
    AskFulfilment,
    CancelFulfilment,
    CancelLine,
    CancelOrder,
    CloseOrder,
    DeliverFulfilment,
    MoveFulfilment,
    PackFulfilment,
    PickFulfilment,
    PlaceHold,
    RecallFulfilment,
    RejectFulfilment,
    ReleaseHold,
    ReopenOrder,
    ShipFulfilment,
    SwapLot,
)
from core.orders.looking import LookForAnswer, LookForInspection, LookForRefund, LookForShipment
from core.orders.returning import (
    ApproveReturn,
    CancelReturn,
    DenyReturn,
    InspectReturn,
    ReceiveReturn,
    RefuseRefund,
    RequestRefund,
    RequestReturn,
    ResolveReturn,
    SendReturn,
    SettleRefund,
    WithdrawRefund,
)
from entrypoints.dispatch import UseCase

COMMANDS = (
    PlaceHold,
    ReleaseHold,
    CancelOrder,
    CancelLine,
    AmendLine,
    AllocateOrder,
    AskFulfilment,
    RecallFulfilment,
    CloseOrder,
    ReopenOrder,
    AcceptFulfilment,
    RejectFulfilment,
    MoveFulfilment,
    PickFulfilment,
    PackFulfilment,
    ShipFulfilment,
    DeliverFulfilment,
    CancelFulfilment,
    SwapLot,
)
RETURNS = (
    RequestReturn,
    ApproveReturn,
    DenyReturn,
    CancelReturn,
    SendReturn,
    ReceiveReturn,
    InspectReturn,
    RequestRefund,
    WithdrawRefund,
    SettleRefund,
    RefuseRefund,
    ResolveReturn,
)
LOOKS = (LookForAnswer, LookForShipment, LookForInspection, LookForRefund)


class Execution(containers.DeclarativeContainer):
    """Every change of an order goes the same way."""

    new_id: providers.Dependency[Any] = providers.Dependency()
    end_expired = providers.Factory(partial, end_expired, new_id=new_id)
    change = providers.Factory(
        partial, change_order, new_id=new_id, enter=providers.Object(enter), end_expired=end_expired
    )
    change_return = providers.Factory(partial, change_return, new_id=new_id, enter=providers.Object(enter))
    use_cases = providers.Dict(
        {
            **dict.fromkeys(COMMANDS, providers.Factory(UseCase, scope=Scope.ORDERS_WRITE, run=change)),
            **dict.fromkeys(LOOKS, providers.Factory(UseCase, scope=Scope.ORDERS_READ, run=providers.Object(look))),
            CoverBackorders: providers.Factory(UseCase, scope=None, run=providers.Object(cover_backorders)),
            **dict.fromkeys(RETURNS, providers.Factory(UseCase, scope=Scope.ORDERS_WRITE, run=change_return)),
        }
    )
