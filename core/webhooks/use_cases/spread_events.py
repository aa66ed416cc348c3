"""Let a delivery of each event begin to every endpoint that wants it."""

from collections.abc import Callable, Iterable

from core.kernel.context import Context
from core.kernel.event import RecordedEvent
from core.webhooks.delivery import Delivery, SpreadEvents, asked_again, delivery_of, job_of
from core.webhooks.endpoint import Endpoint, wants
from ports.webhooks import WebhooksTransaction


async def spread_events(
    command: SpreadEvents, context: Context, tx: WebhooksTransaction, *, seal: Callable[[RecordedEvent], bytes]
) -> int:
    """How many deliveries begin; ``seal`` writes down what is sent. Known ones begin anew only if asked for.

    What happened while an endpoint was disabled is not kept for it: it can be asked for, from where it stopped.
    """
    endpoints = [one for one in await tx.endpoints.all() if _meant(one, command)]
    found = list(_deliveries(command.events, endpoints, context, seal))
    if not found:
        return 0
    fresh = await tx.deliveries.add(found)
    begun = [delivery for delivery in found if delivery.id in fresh]
    if command.only is not None:
        bodies = {delivery.id: delivery.body for delivery in found if delivery.id not in fresh}
        again = [asked_again(delivery, bodies[delivery.id]) for delivery in await tx.deliveries.held(bodies)]
        await tx.deliveries.save(again)
        begun += again
    await tx.queue.put([job_of(delivery) for delivery in begun])
    return len(begun)


def _meant(endpoint: Endpoint, command: SpreadEvents) -> bool:
    return endpoint.disabled is None and command.only in (None, endpoint.id)


def _deliveries(
    events: Iterable[RecordedEvent],
    endpoints: Iterable[Endpoint],
    context: Context,
    seal: Callable[[RecordedEvent], bytes],
) -> Iterable[Delivery]:
    for endpoint in endpoints:
        for event in events:
            if event.tenant == endpoint.tenant and wants(endpoint, event):
                yield delivery_of(event, endpoint, seal(event), context.now)
