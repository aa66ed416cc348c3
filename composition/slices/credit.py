"""Credit commands."""

from functools import partial
from typing import Any

from dependency_injector import containers, providers

from core.credit.account import SetCreditLimit
from core.credit.use_cases.set_credit_limit import set_credit_limit
from core.identity.permission import Scope
from entrypoints.dispatch import UseCase


class Credit(containers.DeclarativeContainer):
    """Credit accounts."""

    new_id: providers.Dependency[Any] = providers.Dependency()
    use_cases = providers.Dict(
        {
            SetCreditLimit: providers.Factory(
                UseCase, scope=Scope.CREDIT_WRITE, run=providers.Factory(partial, set_credit_limit, new_id=new_id)
            )
        }
    )
