"""Acceptance commands: given by workers, except the policies, which a tenant sets."""

from functools import partial
from typing import Any

from dependency_injector import containers, providers

from core.acceptance.demand import RecordDemand
from core.acceptance.policies import SetPolicy
from core.acceptance.queues import AcceptOrders, AcceptQueued
from core.acceptance.use_cases.accept_orders import accept_orders
from core.acceptance.use_cases.accept_queued import accept_queued
from core.acceptance.use_cases.jobs import bury_job, find_held_up, finish_job, retry_job, set_aside
from core.acceptance.use_cases.record_demand import record_demand
from core.acceptance.use_cases.set_policy import set_policy
from core.identity.permission import Scope
from core.inventory.use_cases.entering import end_expired
from core.kernel.job import BuryJob, FindHeldUp, FinishJob, RetryJob, SetAside
from entrypoints.dispatch import UseCase


class Acceptance(containers.DeclarativeContainer):
    """Deciding orders and what follows from it."""

    new_id: providers.Dependency[Any] = providers.Dependency()
    end_expired = providers.Factory(partial, end_expired, new_id=new_id)
    accept = providers.Factory(partial, accept_orders, end_expired=end_expired)
    use_cases = providers.Dict(
        {
            AcceptOrders: providers.Factory(UseCase, scope=None, run=accept),
            AcceptQueued: providers.Factory(
                UseCase, scope=None, run=providers.Factory(partial, accept_queued, end_expired=end_expired)
            ),
            FindHeldUp: providers.Factory(UseCase, scope=None, run=providers.Object(find_held_up)),
            SetAside: providers.Factory(UseCase, scope=None, run=providers.Object(set_aside)),
            FinishJob: providers.Factory(UseCase, scope=None, run=providers.Object(finish_job)),
            RetryJob: providers.Factory(UseCase, scope=None, run=providers.Object(retry_job)),
            BuryJob: providers.Factory(UseCase, scope=None, run=providers.Object(bury_job)),
            RecordDemand: providers.Factory(UseCase, scope=None, run=providers.Object(record_demand)),
            SetPolicy: providers.Factory(UseCase, scope=Scope.CONFIGURATION_WRITE, run=providers.Object(set_policy)),
        }
    )
