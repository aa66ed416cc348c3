"""Inventory commands."""

from functools import partial
from typing import Any

from dependency_injector import containers, providers

from core.identity.permission import Scope
from core.inventory.acts import AllocateStock, ChangeStock
from core.inventory.allotment import AllotToChannel, WithdrawAllotment
from core.inventory.delivery import ReceiveDelivery
from core.inventory.holding import (
    CommitReservation,
    ConsumeReservation,
    ExpireReservations,
    ExtendReservation,
    ReleaseReservation,
    ReserveStock,
)
from core.inventory.location import CreateLocation
from core.inventory.lot import ReclassifyLot
from core.inventory.use_cases.allocate_stock import allocate_stock
from core.inventory.use_cases.allot_to_channel import allot_to_channel, withdraw_allotment
from core.inventory.use_cases.change_reservation import (
    commit_reservation,
    consume_reservation,
    expire_reservations,
    extend_reservation,
    release_reservation,
)
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.create_location import create_location
from core.inventory.use_cases.receive_delivery import receive_delivery
from core.inventory.use_cases.reclassify_lot import reclassify_lot
from core.inventory.use_cases.reserve_stock import reserve_stock
from entrypoints.dispatch import UseCase


class Inventory(containers.DeclarativeContainer):
    """Locations, the ledger, lots, holds. Expired holds are ended by whoever sweeps, so that has no scope."""

    new_id: providers.Dependency[Any] = providers.Dependency()
    use_cases = providers.Dict(
        {
            CreateLocation: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, create_location, new_id=new_id)
            ),
            ChangeStock: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, change_stock, new_id=new_id)
            ),
            ReceiveDelivery: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, receive_delivery, new_id=new_id)
            ),
            ReserveStock: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, reserve_stock, new_id=new_id)
            ),
            ExtendReservation: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, extend_reservation, new_id=new_id)
            ),
            ReleaseReservation: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, release_reservation, new_id=new_id)
            ),
            CommitReservation: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, commit_reservation, new_id=new_id)
            ),
            ConsumeReservation: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, consume_reservation, new_id=new_id)
            ),
            ExpireReservations: providers.Factory(
                UseCase, scope=None, run=providers.Factory(partial, expire_reservations, new_id=new_id)
            ),
            ReclassifyLot: providers.Factory(UseCase, scope=Scope.STOCK_WRITE, run=providers.Object(reclassify_lot)),
            AllotToChannel: providers.Factory(UseCase, scope=Scope.STOCK_WRITE, run=providers.Object(allot_to_channel)),
            WithdrawAllotment: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Object(withdraw_allotment)
            ),
            AllocateStock: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, allocate_stock, new_id=new_id)
            ),
        }
    )
