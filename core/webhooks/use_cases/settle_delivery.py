"""Write down what came of calling an endpoint, and decide what becomes of the delivery and of the endpoint."""

from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import DeliveryId, StreamId, WebhookId
from core.webhooks.delivery import Answer, Settled, SettleDelivery, attempt_of, settle
from core.webhooks.endpoint import Endpoint
from ports.webhooks import WebhooksTransaction


async def settle_delivery(command: SettleDelivery, context: Context, tx: WebhooksTransaction) -> Settled | None:
    """What becomes of it; None: there is no such delivery any more. Raises LeaseLost, with nothing written."""
    job, answer = command.job, command.answer
    # Before its job: whoever asks for a delivery again takes them in this order too.
    held = await tx.deliveries.held([DeliveryId(job.id)])
    if not held:
        await tx.queue.finish(job)
        return None
    (delivery,) = held
    await tx.queue.hold(job)
    endpoint = await _endpoint(delivery.endpoint, answer, tx)
    settled = settle(delivery, endpoint, answer, job.attempt, context.now)
    if answer is not None:
        await tx.deliveries.log(delivery.tenant, attempt_of(delivery, answer, context.now))
    await tx.deliveries.save([settled.delivery])
    if settled.endpoint is not None and settled.endpoint != endpoint:
        await tx.endpoints.save(settled.endpoint)
    if settled.announced is not None and settled.endpoint is not None:
        stream, version = StreamId(settled.endpoint.id), settled.endpoint.version
        event = NewEvent(tenant=delivery.tenant, stream=stream, version=version, body=settled.announced)
        await tx.journal.record([event])
    if settled.again is None:
        await tx.queue.finish(job)
    else:
        await tx.queue.retry(job, settled.again, settled.delivery.detail)
    return settled


async def _endpoint(webhook: WebhookId, answer: Answer | None, tx: WebhooksTransaction) -> Endpoint | None:
    """Held where it may change: mostly it does not, and deliveries to one endpoint need not wait for each other."""
    endpoint = await tx.endpoints.find(webhook)
    if endpoint is None or answer is None or (answer.taken and endpoint.failing_since is None):
        return endpoint
    return await tx.endpoints.held(webhook)
