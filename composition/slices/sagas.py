"""Saga commands: begun by callers, advanced by workers, decided by operators."""

from functools import partial
from typing import Any

from dependency_injector import containers, providers

from core.identity.permission import Scope
from core.sagas.allocate_to_channel import AllocateToChannel
from core.sagas.commands import AdvanceSaga, ForgiveSaga, ParkSaga, RememberRefusal, RetrySaga
from core.sagas.definitions import DEFINITIONS
from core.sagas.use_cases.advance import advance_saga, park_saga
from core.sagas.use_cases.operate import forgive_saga, retry_saga
from core.sagas.use_cases.remember_refusal import remember_refusal
from core.sagas.use_cases.start_allocation import start_allocation
from entrypoints.dispatch import UseCase


class Sagas(containers.DeclarativeContainer):
    """Every saga, at every version that may still be running."""

    new_id: providers.Dependency[Any] = providers.Dependency()
    definitions = providers.Object(DEFINITIONS)
    advance = providers.Factory(partial, advance_saga, new_id=new_id, definitions=definitions)
    park = providers.Factory(partial, park_saga, new_id=new_id, definitions=definitions)
    retry = providers.Factory(partial, retry_saga, new_id=new_id, definitions=definitions)
    forgive = providers.Factory(partial, forgive_saga, new_id=new_id)
    start_allocation = providers.Factory(partial, start_allocation, new_id=new_id, definitions=definitions)
    use_cases = providers.Dict(
        {
            AdvanceSaga: providers.Factory(UseCase, scope=None, run=advance),
            RememberRefusal: providers.Object(UseCase(scope=None, run=remember_refusal)),
            ParkSaga: providers.Factory(UseCase, scope=None, run=park),
            RetrySaga: providers.Factory(UseCase, scope=Scope.OPERATIONS_WRITE, run=retry),
            ForgiveSaga: providers.Factory(UseCase, scope=Scope.OPERATIONS_WRITE, run=forgive),
            AllocateToChannel: providers.Factory(UseCase, scope=Scope.STOCK_WRITE, run=start_allocation),
        }
    )
