"""Rotate an endpoint's secret, enable, disable, test or remove it: one change, one event."""

from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import StreamId, WebhookId
from core.webhooks.endpoint import (
    DisableWebhook,
    EnableWebhook,
    Endpoint,
    RemoveWebhook,
    RotateWebhookSecret,
    TryWebhook,
    WebhookRemoved,
    disabled,
    enabled,
    known,
    rotated,
    tried,
)
from core.webhooks.signing import secret_of
from ports.ids import NewSecret
from ports.webhooks import WebhooksTransaction


async def rotate_webhook_secret(
    command: RotateWebhookSecret, context: Context, tx: WebhooksTransaction, *, new_secret: NewSecret
) -> Endpoint:
    """The endpoint with its new secret. Raises WebhookNotFound."""
    endpoint = await _held(command.id, tx)
    return await _keep(rotated(endpoint, secret_of(new_secret()), context.now), tx)


async def enable_webhook(command: EnableWebhook, context: Context, tx: WebhooksTransaction) -> Endpoint:
    """The endpoint, which is called again. Raises WebhookNotFound, WebhookState."""
    return await _keep(enabled(await _held(command.id, tx)), tx)


async def disable_webhook(command: DisableWebhook, context: Context, tx: WebhooksTransaction) -> Endpoint:
    """The endpoint, which is called no more. Raises WebhookNotFound, WebhookState."""
    return await _keep(disabled(await _held(command.id, tx), "somebody disabled it"), tx)


async def try_webhook(command: TryWebhook, context: Context, tx: WebhooksTransaction) -> Endpoint:
    """The endpoint, which will be sent an event of its own. Raises WebhookNotFound, WebhookState."""
    return await _keep(tried(await _held(command.id, tx)), tx)


async def remove_webhook(command: RemoveWebhook, context: Context, tx: WebhooksTransaction) -> None:
    """The endpoint is gone. Raises WebhookNotFound."""
    endpoint = await _held(command.id, tx)
    await tx.endpoints.remove(endpoint.id)
    await _record(endpoint, endpoint.version + 1, WebhookRemoved(webhook_id=endpoint.id, url=endpoint.url), tx)


async def _held(webhook: WebhookId, tx: WebhooksTransaction) -> Endpoint:
    return known(await tx.endpoints.held(webhook), webhook)


async def _keep(changed: tuple[Endpoint, object], tx: WebhooksTransaction) -> Endpoint:
    endpoint, event = changed
    await tx.endpoints.save(endpoint)
    await _record(endpoint, endpoint.version, event, tx)
    return endpoint


async def _record(endpoint: Endpoint, version: int, event: object, tx: WebhooksTransaction) -> None:
    stream = StreamId(endpoint.id)
    await tx.journal.record([NewEvent(tenant=endpoint.tenant, stream=stream, version=version, body=event)])
