"""Inventory commands."""

from functools import partial
from typing import Any

from dependency_injector import containers, providers

from core.identity.permission import Scope
from core.inventory.acts import AllocateStock, ChangeStock
from core.inventory.location import CreateLocation
from core.inventory.use_cases.allocate_stock import allocate_stock
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.create_location import create_location
from entrypoints.dispatch import UseCase


class Inventory(containers.DeclarativeContainer):
    """Locations and the ledger."""

    new_id: providers.Dependency[Any] = providers.Dependency()
    use_cases = providers.Dict(
        {
            CreateLocation: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, create_location, new_id=new_id)
            ),
            ChangeStock: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, change_stock, new_id=new_id)
            ),
            AllocateStock: providers.Factory(
                UseCase, scope=Scope.STOCK_WRITE, run=providers.Factory(partial, allocate_stock, new_id=new_id)
            ),
        }
    )
