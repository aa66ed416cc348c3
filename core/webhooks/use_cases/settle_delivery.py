"""Write down what came of calling an endpoint, and decide what becomes of the delivery and of the endpoint."""

from datetime import datetime

from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import DeliveryId, StreamId
from core.webhooks.delivery import Answer, Delivery, SettleDelivery, attempt_of
from core.webhooks.settling import Settled, settle
from ports.webhooks import WebhooksTransaction


async def settle_delivery(command: SettleDelivery, context: Context, tx: WebhooksTransaction) -> Settled | None:
    """What becomes of it; None: there is no such delivery any more. Raises LeaseLost, with nothing written."""
    job, answer = command.job, command.answer
    # Before its job ends: whoever asks for a delivery again takes them in this order too.
    held = await tx.deliveries.held([DeliveryId(job.id)])
    if not held:
        await tx.queue.finish(job)
        return None
    settled = await _settled(held[0], answer, job.attempt, context.now, tx)
    if answer is not None:
        await tx.deliveries.log(settled.delivery.tenant, attempt_of(held[0], answer, context.now))
    await tx.deliveries.save([settled.delivery])
    if settled.again is None:
        await tx.queue.finish(job)
    else:
        await tx.queue.retry(job, settled.again, settled.delivery.detail, counted=settled.counted)
    return settled


async def _settled(
    delivery: Delivery, answer: Answer | None, made: int, now: datetime, tx: WebhooksTransaction
) -> Settled:
    """With the endpoint saved, where it changes; mostly it does not, and nobody need wait for it."""
    endpoint = await tx.endpoints.find(delivery.endpoint)
    settled = settle(delivery, endpoint, answer, made, now)
    if settled.endpoint == endpoint:
        return settled
    endpoint = await tx.endpoints.held(delivery.endpoint)
    settled = settle(delivery, endpoint, answer, made, now)
    if settled.endpoint is not None and settled.endpoint != endpoint:
        await tx.endpoints.save(settled.endpoint)
        if settled.announced is not None:
            stream, version = StreamId(settled.endpoint.id), settled.endpoint.version
            event = NewEvent(tenant=delivery.tenant, stream=stream, version=version, body=settled.announced)
            await tx.journal.record([event])
    return settled
