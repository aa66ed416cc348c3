"""Acceptance commands: given by workers, except the policies, which a tenant sets."""

from dependency_injector import containers, providers

from core.acceptance.demand import RecordDemand
from core.acceptance.policies import SetPolicy
from core.acceptance.queues import AcceptOrders, AcceptQueued
from core.acceptance.use_cases.accept_orders import accept_orders
from core.acceptance.use_cases.accept_queued import accept_queued
from core.acceptance.use_cases.end_job import bury_job, retry_job
from core.acceptance.use_cases.record_demand import record_demand
from core.acceptance.use_cases.set_policy import set_policy
from core.identity.permission import Scope
from core.kernel.job import BuryJob, RetryJob
from entrypoints.dispatch import UseCase


class Acceptance(containers.DeclarativeContainer):
    """Deciding orders and what follows from it."""

    use_cases = providers.Dict(
        {
            AcceptOrders: providers.Factory(UseCase, scope=None, run=providers.Object(accept_orders)),
            AcceptQueued: providers.Factory(UseCase, scope=None, run=providers.Object(accept_queued)),
            RetryJob: providers.Factory(UseCase, scope=None, run=providers.Object(retry_job)),
            BuryJob: providers.Factory(UseCase, scope=None, run=providers.Object(bury_job)),
            RecordDemand: providers.Factory(UseCase, scope=None, run=providers.Object(record_demand)),
            SetPolicy: providers.Factory(UseCase, scope=Scope.CONFIGURATION_WRITE, run=providers.Object(set_policy)),
        }
    )
