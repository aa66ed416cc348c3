"""Let deliveries that were given up begin anew."""

from core.kernel.context import Context
from core.webhooks.delivery import RepeatFailed, asked_again, job_of
from core.webhooks.endpoint import WebhookNotFound, WebhookState
from ports.webhooks import WebhooksTransaction

TOGETHER = 1000


async def repeat_failed(command: RepeatFailed, context: Context, tx: WebhooksTransaction) -> int:
    """How many begin anew, TOGETHER at most: asked once more, it goes on. Raises WebhookNotFound, WebhookState."""
    endpoint = await tx.endpoints.find(command.id)
    if endpoint is None:
        raise WebhookNotFound(f"there is no webhook {command.id}")
    if endpoint.disabled is not None:
        raise WebhookState(f"this webhook is disabled: {endpoint.disabled}")
    failed = await tx.deliveries.held_failed(command.id, command.since, TOGETHER)
    again = [asked_again(delivery, delivery.body, context.now) for delivery in failed]
    await tx.deliveries.save(again)
    await tx.queue.put([job_of(delivery) for delivery in again])
    return len(again)
