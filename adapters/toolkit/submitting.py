"""A request made from within, as a submission."""

from hashlib import sha256

from adapters.toolkit.codec import encode
from core.intake.submission import Lane, OrderRequest, Submission
from core.kernel.context import Context
from core.kernel.ids import IntakeId, OrderId


def submission_of(
    context: Context, job: IntakeId, order: OrderId, request: OrderRequest, exchange_of: OrderId
) -> Submission:
    """The submission of ``request``: nobody sends it twice, so it has no key.

    Its body says besides whose goods it is sent in exchange for; whoever decides it passes that over.
    """
    body = b'%b,"exchange_of":%b}' % (encode(request)[:-1], encode(exchange_of))
    return Submission(
        tenant=context.tenant,
        id=job,
        order_id=order,
        lane=Lane.NORMAL,
        channel=request.channel,
        external_id=request.external_id,
        key_hash=None,
        body_hash=sha256(body).digest(),
        body=body,
        received_at=context.now,
        actor=context.actor,
        correlation=context.correlation,
    )
