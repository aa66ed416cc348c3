"""What is done with orders after they were accepted."""

from functools import partial
from typing import Any

from dependency_injector import containers, providers

from core.execution.use_cases.change_order import change_order
from core.identity.permission import Scope
from core.inventory.use_cases.entering import end_expired, enter
from core.orders.changing import (
    AcceptFulfilment,
    AllocateOrder,
    AmendLine,
    CancelFulfilment,
    CancelLine,
    CancelOrder,
    DeliverFulfilment,
    MoveFulfilment,
    PackFulfilment,
    PickFulfilment,
    PlaceHold,
    RejectFulfilment,
    ReleaseHold,
    ShipFulfilment,
)
from entrypoints.dispatch import UseCase

COMMANDS = (
    PlaceHold,
    ReleaseHold,
    CancelOrder,
    CancelLine,
    AmendLine,
    AllocateOrder,
    AcceptFulfilment,
    RejectFulfilment,
    MoveFulfilment,
    PickFulfilment,
    PackFulfilment,
    ShipFulfilment,
    DeliverFulfilment,
    CancelFulfilment,
)


class Execution(containers.DeclarativeContainer):
    """Every change of an order goes the same way."""

    new_id: providers.Dependency[Any] = providers.Dependency()
    end_expired = providers.Factory(partial, end_expired, new_id=new_id)
    change = providers.Factory(
        partial, change_order, new_id=new_id, enter=providers.Object(enter), end_expired=end_expired
    )
    use_cases = providers.Dict(
        dict.fromkeys(COMMANDS, providers.Factory(UseCase, scope=Scope.ORDERS_WRITE, run=change))
    )
