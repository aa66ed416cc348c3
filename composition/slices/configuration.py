"""Configuration commands."""

from dependency_injector import containers, providers

from core.configuration.flag import SetFlag
from core.configuration.use_cases.set_flag import set_flag
from core.identity.permission import Scope
from entrypoints.dispatch import UseCase


class Configuration(containers.DeclarativeContainer):
    """Flags."""

    use_cases = providers.Dict(
        {SetFlag: providers.Factory(UseCase, scope=Scope.CONFIGURATION_WRITE, run=providers.Object(set_flag))}
    )
