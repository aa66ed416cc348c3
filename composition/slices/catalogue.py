"""Catalogue commands."""

from functools import partial
from typing import Any

from dependency_injector import containers, providers

from core.catalogue.item import AmendItem, CreateItems
from core.catalogue.pricing import SetPrices
from core.catalogue.use_cases.amend_item import amend_item
from core.catalogue.use_cases.create_items import create_items
from core.catalogue.use_cases.set_prices import set_prices
from core.identity.permission import Scope
from entrypoints.dispatch import UseCase


class Catalogue(containers.DeclarativeContainer):
    """Items."""

    new_id: providers.Dependency[Any] = providers.Dependency()
    use_cases = providers.Dict(
        {
            CreateItems: providers.Factory(
                UseCase, scope=Scope.CATALOGUE_WRITE, run=providers.Factory(partial, create_items, new_id=new_id)
            ),
            AmendItem: providers.Factory(UseCase, scope=Scope.CATALOGUE_WRITE, run=providers.Object(amend_item)),
            SetPrices: providers.Factory(UseCase, scope=Scope.CATALOGUE_WRITE, run=providers.Object(set_prices)),
        }
    )
