"""Begin to call an endpoint."""

from collections.abc import Collection

from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import NewId, StreamId, WebhookId
from core.webhooks.endpoint import ENDPOINTS_MAX, AddWebhook, Endpoint, TooManyWebhooks, WebhookAdded, add
from core.webhooks.signing import secret_of
from ports.ids import NewSecret
from ports.webhooks import WebhooksTransaction


async def add_webhook(
    command: AddWebhook,
    context: Context,
    tx: WebhooksTransaction,
    *,
    new_id: NewId,
    new_secret: NewSecret,
    known: Collection[str],
) -> Endpoint:
    """The endpoint with its secret; ``known`` are the names of all events.

    Raises ForbiddenTarget, UnknownEvent, TooManyWebhooks. Whether the host may be called is for whoever can resolve it.
    """
    webhook = WebhookId(new_id())
    endpoint = add(command, webhook, context.tenant, secret_of(new_secret()), context.now, known)
    if len(await tx.endpoints.all()) >= ENDPOINTS_MAX:
        raise TooManyWebhooks(f"a tenant has at most {ENDPOINTS_MAX} webhooks")
    await tx.endpoints.add(endpoint)
    event = WebhookAdded(webhook_id=webhook, url=endpoint.url, events=endpoint.events, description=endpoint.description)
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=StreamId(webhook), version=1, body=event)])
    return endpoint
