"""Commands about stock on its way: transfers and expected receipts."""

from functools import partial
from typing import Any

from dependency_injector import containers, providers

from core.identity.permission import Scope
from core.inventory.expecting import AmendExpected, AnnounceReceipt, ReceiveExpected, WithdrawExpected
from core.inventory.transferring import (
    CancelTransfer,
    CloseTransfer,
    LookForArrival,
    ReceiveTransfer,
    ShipTransfer,
    StartTransfer,
)
from core.inventory.use_cases.announce_receipt import announce_receipt
from core.inventory.use_cases.change_expected import amend_expected, receive_expected, withdraw_expected
from core.inventory.use_cases.change_transfer import (
    cancel_transfer,
    close_transfer,
    look_for_arrival,
    receive_transfer,
    ship_transfer,
)
from core.inventory.use_cases.start_transfer import start_transfer
from entrypoints.dispatch import UseCase


class Transfers(containers.DeclarativeContainer):
    """Stock between locations, and stock that is to come."""

    new_id: providers.Dependency[Any] = providers.Dependency()
    use_cases = providers.Dict(
        {
            StartTransfer: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, start_transfer, new_id=new_id)
            ),
            ShipTransfer: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, ship_transfer, new_id=new_id)
            ),
            ReceiveTransfer: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, receive_transfer, new_id=new_id)
            ),
            CloseTransfer: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, close_transfer, new_id=new_id)
            ),
            CancelTransfer: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, cancel_transfer, new_id=new_id)
            ),
            LookForArrival: providers.Factory(UseCase, scope=Scope.STOCK_READ, run=providers.Object(look_for_arrival)),
            AnnounceReceipt: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, announce_receipt, new_id=new_id)
            ),
            AmendExpected: providers.Factory(UseCase, scope=Scope.STOCK_WRITE, run=providers.Object(amend_expected)),
            ReceiveExpected: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, receive_expected, new_id=new_id)
            ),
            WithdrawExpected: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Object(withdraw_expected)
            ),
        }
    )
