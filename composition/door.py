"""The door of a process: every slice's use cases behind one dispatch."""

from collections.abc import Mapping
from typing import Any

from dependency_injector import containers, providers

from composition.slices.acceptance import Acceptance
from composition.slices.catalogue import Catalogue
from composition.slices.configuration import Configuration
from composition.slices.credit import Credit
from composition.slices.execution import Execution
from composition.slices.identity import Identity
from composition.slices.ingress import Ingress
from composition.slices.intake import Intake
from composition.slices.inventory import Inventory
from composition.slices.sagas import Sagas
from composition.slices.scheduling import Scheduling
from composition.slices.transfers import Transfers
from composition.slices.webhooks import Webhooks
from entrypoints.dispatch import Dispatch, UseCase


def merged(*slices: Mapping[type, UseCase]) -> dict[type, UseCase]:
    """One table of use cases; a command that two slices answer is a defect."""
    table: dict[type, UseCase] = {}
    for use_cases in slices:
        twice = table.keys() & use_cases.keys()
        assert not twice, f"two use cases for {twice}"
        table |= use_cases
    return table


class Door(containers.DeclarativeContainer):
    """What dispatch needs, and dispatch."""

    transactions: providers.Dependency[Any] = providers.Dependency()
    telemetry: providers.Dependency[Any] = providers.Dependency()
    new_id: providers.Dependency[Any] = providers.Dependency()
    new_secret: providers.Dependency[Any] = providers.Dependency()

    catalogue = providers.Container(Catalogue, new_id=new_id)
    inventory = providers.Container(Inventory, new_id=new_id)
    transfers = providers.Container(Transfers, new_id=new_id)
    acceptance = providers.Container(Acceptance, new_id=new_id)
    execution = providers.Container(Execution, new_id=new_id)
    credit = providers.Container(Credit, new_id=new_id)
    configuration = providers.Container(Configuration)
    identity = providers.Container(Identity, new_id=new_id, new_secret=new_secret)
    intake = providers.Container(Intake)
    sagas = providers.Container(Sagas, new_id=new_id)
    scheduling = providers.Container(Scheduling)
    ingress = providers.Container(Ingress, new_id=new_id)
    webhooks = providers.Container(Webhooks, new_id=new_id, new_secret=new_secret)

    use_cases = providers.Singleton(
        merged,
        catalogue.use_cases,
        inventory.use_cases,
        transfers.use_cases,
        acceptance.use_cases,
        execution.use_cases,
        credit.use_cases,
        configuration.use_cases,
        identity.use_cases,
        intake.use_cases,
        sagas.use_cases,
        scheduling.use_cases,
        webhooks.use_cases,
        ingress.use_cases,
    )
    saga_definitions = sagas.definitions
    accept = acceptance.accept
    dispatch = providers.Singleton(Dispatch, transactions, use_cases, telemetry)
