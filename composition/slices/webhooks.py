"""Webhook commands: an operator's, and those given by workers alone."""

from functools import partial
from typing import Any

from dependency_injector import containers, providers

from adapters.toolkit.codec import EVENTS
from adapters.toolkit.envelope import seal
from core.identity.permission import Scope
from core.webhooks.delivery import RepeatFailed, ReplayEvents, SettleDelivery, SpreadEvents
from core.webhooks.endpoint import (
    AddWebhook,
    DisableWebhook,
    EnableWebhook,
    RemoveWebhook,
    RotateWebhookSecret,
    TryWebhook,
)
from core.webhooks.use_cases import change_webhook as change
from core.webhooks.use_cases.add_webhook import add_webhook
from core.webhooks.use_cases.repeat_failed import repeat_failed
from core.webhooks.use_cases.settle_delivery import settle_delivery
from core.webhooks.use_cases.spread_events import replay_events, spread_events
from entrypoints.dispatch import UseCase

_WRITE = Scope.CONFIGURATION_WRITE
"""Whoever may issue keys may hand out events."""


class Webhooks(containers.DeclarativeContainer):
    """Endpoints, and deliveries to them."""

    new_id: providers.Dependency[Any] = providers.Dependency()
    new_secret: providers.Dependency[Any] = providers.Dependency()
    use_cases = providers.Dict(
        {
            AddWebhook: providers.Factory(
                UseCase,
                scope=_WRITE,
                run=providers.Factory(
                    partial, add_webhook, new_id=new_id, new_secret=new_secret, known=frozenset(EVENTS)
                ),
            ),
            RotateWebhookSecret: providers.Factory(
                UseCase,
                scope=_WRITE,
                run=providers.Factory(partial, change.rotate_webhook_secret, new_secret=new_secret),
            ),
            EnableWebhook: providers.Factory(UseCase, scope=_WRITE, run=providers.Object(change.enable_webhook)),
            DisableWebhook: providers.Factory(UseCase, scope=_WRITE, run=providers.Object(change.disable_webhook)),
            TryWebhook: providers.Factory(UseCase, scope=_WRITE, run=providers.Object(change.try_webhook)),
            RemoveWebhook: providers.Factory(UseCase, scope=_WRITE, run=providers.Object(change.remove_webhook)),
            RepeatFailed: providers.Factory(UseCase, scope=_WRITE, run=providers.Object(repeat_failed)),
            ReplayEvents: providers.Factory(
                UseCase, scope=_WRITE, run=providers.Object(partial(replay_events, seal=seal))
            ),
            SpreadEvents: providers.Factory(
                UseCase, scope=None, run=providers.Object(partial(spread_events, seal=seal))
            ),
            SettleDelivery: providers.Factory(UseCase, scope=None, run=providers.Object(settle_delivery)),
        }
    )
