"""Identity and tenant commands."""

from functools import partial
from typing import Any

from dependency_injector import containers, providers

from core.identity.api_key import IssueApiKey, RevokeApiKey
from core.identity.permission import Scope
from core.identity.use_cases.issue_api_key import issue_api_key
from core.identity.use_cases.revoke_api_key import revoke_api_key
from core.tenants.tenant import CreateTenant
from core.tenants.use_cases.create_tenant import create_tenant
from entrypoints.dispatch import UseCase


class Identity(containers.DeclarativeContainer):
    """Tenants and their keys. Creating a tenant is for whoever holds the machine, so it has no scope."""

    new_id: providers.Dependency[Any] = providers.Dependency()
    new_secret: providers.Dependency[Any] = providers.Dependency()
    use_cases = providers.Dict(
        {
            IssueApiKey: providers.Factory(
                UseCase,
                scope=Scope.CONFIGURATION_WRITE,
                run=providers.Factory(partial, issue_api_key, new_id=new_id, new_secret=new_secret),
            ),
            RevokeApiKey: providers.Factory(
                UseCase, scope=Scope.CONFIGURATION_WRITE, run=providers.Object(revoke_api_key)
            ),
            CreateTenant: providers.Factory(UseCase, scope=None, run=providers.Object(create_tenant)),
        }
    )
