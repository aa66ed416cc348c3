"""Scheduling commands: given by workers alone."""

from dependency_injector import containers, providers

from core.scheduling.chore import FireChore
from core.scheduling.use_cases.fire_chore import fire_chore
from entrypoints.dispatch import UseCase


class Scheduling(containers.DeclarativeContainer):
    """What is done again and again."""

    use_cases = providers.Dict({FireChore: providers.Factory(UseCase, scope=None, run=providers.Object(fire_chore))})
