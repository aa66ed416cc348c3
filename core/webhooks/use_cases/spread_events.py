"""Let a delivery of each event begin to every endpoint that wants it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from core.kernel.context import Context
from core.kernel.event import RecordedEvent
from core.webhooks.delivery import Delivery, DeliveryState, ReplayEvents, SpreadEvents, asked_again, delivery_of, job_of
from core.webhooks.endpoint import Endpoint, called, known, wants
from ports.webhooks import WebhooksTransaction

TOGETHER = 1000
"""Deliveries written down by one statement: none must be too long for the storage, whatever many endpoints want."""
Seal = Callable[[RecordedEvent], bytes]
"""Writes down what is sent of an event."""


async def spread_events(command: SpreadEvents, context: Context, tx: WebhooksTransaction, *, seal: Seal) -> int:
    """How many deliveries begin: those that did before do not.

    What happened while an endpoint was disabled is not kept for it: it can be asked for, from where it stopped.
    """
    endpoints = [endpoint for endpoint in await tx.endpoints.all() if endpoint.disabled is None]
    begun = 0
    for some in _slices(_deliveries(command.events, endpoints, context, seal)):
        fresh = await tx.deliveries.add(some)
        await tx.queue.put([job_of(delivery) for delivery in some if delivery.id in fresh])
        begun += len(fresh)
    return begun


async def replay_events(command: ReplayEvents, context: Context, tx: WebhooksTransaction, *, seal: Seal) -> int:
    """How many deliveries begin, at first or anew: those that wait go on. Raises WebhookNotFound, WebhookState."""
    endpoint = called(known(await tx.endpoints.find(command.id), command.id))
    begun = 0
    for some in _slices(_deliveries(command.events, [endpoint], context, seal)):
        fresh = await tx.deliveries.add(some)
        bodies = {delivery.id: delivery.body for delivery in some if delivery.id not in fresh}
        ended = [one for one in await tx.deliveries.held(bodies) if one.state is not DeliveryState.WAITING]
        again = [asked_again(delivery, bodies[delivery.id], context.now) for delivery in ended]
        await tx.deliveries.save(again)
        begin = [*(delivery for delivery in some if delivery.id in fresh), *again]
        await tx.queue.put([job_of(delivery) for delivery in begin])
        begun += len(begin)
    return begun


def _deliveries(
    events: Sequence[RecordedEvent], endpoints: Sequence[Endpoint], context: Context, seal: Seal
) -> Iterator[Delivery]:
    for event in events:
        meant = [one for one in endpoints if one.tenant == event.tenant and wants(one, event)]
        if meant:
            body = seal(event)
            yield from (delivery_of(event, endpoint, body, context.now) for endpoint in meant)


def _slices(deliveries: Iterator[Delivery]) -> Iterator[list[Delivery]]:
    while some := list(islice(deliveries, TOGETHER)):
        yield some
