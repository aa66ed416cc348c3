"""Intake commands: second thoughts about dead letters."""

from dependency_injector import containers, providers

from core.identity.permission import Scope
from core.intake.dead_letters import ForgiveDeadLetter, ReplayDeadLetter
from core.intake.use_cases.forgive_dead_letter import forgive_dead_letter
from core.intake.use_cases.replay_dead_letter import replay_dead_letter
from entrypoints.dispatch import UseCase


class Intake(containers.DeclarativeContainer):
    """Dead letters."""

    use_cases = providers.Dict(
        {
            ReplayDeadLetter: providers.Factory(
                UseCase, scope=Scope.OPERATIONS_WRITE, run=providers.Object(replay_dead_letter)
            ),
            ForgiveDeadLetter: providers.Factory(
                UseCase, scope=Scope.OPERATIONS_WRITE, run=providers.Object(forgive_dead_letter)
            ),
        }
    )
