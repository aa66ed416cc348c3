"""Let deliveries that were given up begin anew."""

from core.kernel.context import Context
from core.webhooks.delivery import RepeatFailed, asked_again, job_of
from core.webhooks.endpoint import called, known
from ports.webhooks import WebhooksTransaction

TOGETHER = 1000


async def repeat_failed(command: RepeatFailed, context: Context, tx: WebhooksTransaction) -> int:
    """How many begin anew, TOGETHER at most: asked once more, it goes on. Raises WebhookNotFound, WebhookState."""
    called(known(await tx.endpoints.find(command.id), command.id))
    failed = await tx.deliveries.held_failed(command.id, command.since, TOGETHER)
    again = [asked_again(delivery, delivery.body, context.now) for delivery in failed]
    await tx.deliveries.save(again)
    await tx.queue.put([job_of(delivery) for delivery in again])
    return len(again)
