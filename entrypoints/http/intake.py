"""Taking orders in: the two hot routes, and how far each order has come."""

from collections.abc import Sequence

import msgspec

from core.identity.permission import Scope
from core.intake.submission import (
    KeyReused,
    LanePolicy,
    OrderRequest,
    Receipt,
    Submission,
    SubmissionNotFound,
    as_before_units,
    lane_of,
)
from core.kernel.errors import DomainError
from core.kernel.ids import IntakeId, OrderId
from core.kernel.value import maker
from entrypoints.http.bodies import BATCH_MAX
from entrypoints.http.fields import known_id
from entrypoints.http.intake_answers import (
    ShownAnswer,
    ShownError,
    ShownReceipt,
    ShownReceipts,
    ShownStatus,
    show_progress,
)
from entrypoints.http.order_body import NewOrder, NewOrders, to_request, to_requests
from entrypoints.http.routes import Call, Reply, Route, digest

LOGGED_ONE_IN = 1024
_encode = msgspec.json.Encoder().encode
_taken = maker(Submission)


async def take_order(call: Call) -> Reply:
    """Take one order in."""
    body: NewOrder = call.body
    request = to_request(body)
    encoded = as_before_units(_encode(request))
    lanes = await call.desk.lanes(call.context)
    key = None if call.key is None else digest(call.key)
    new = _submission(call, request, body.priority, lanes, encoded, key, digest(encoded))
    (answer,) = await call.parts.intake_writer.submit([new])
    if isinstance(answer, DomainError):
        raise answer
    _tell(call, [new])
    return Reply(status=202, body=_receipt(answer))


async def take_orders(call: Call) -> Reply:
    """Take a batch in: all of it is well-formed, or none of it is taken."""
    bodies: Sequence[NewOrder] = call.body
    requests = to_requests(bodies)
    lanes = await call.desk.lanes(call.context)
    whole = digest(call.raw)
    submissions = []
    for index, (body, request) in enumerate(zip(bodies, requests, strict=True)):
        place = b"\n%d" % index
        key = None if call.key is None else digest(call.key + place)
        submissions.append(
            _submission(
                call, request, body.priority, lanes, as_before_units(_encode(request)), key, digest(whole + place)
            )
        )
    answers = await call.parts.intake_writer.submit(submissions)
    if all(isinstance(answer, KeyReused) for answer in answers):
        raise KeyReused("this Idempotency-Key was used for another body")
    _tell(call, submissions)
    return Reply(status=202, body=b'{"items":[%b]}' % b",".join(map(_receipt_or_refusal, answers)))


async def get_status(call: Call) -> Reply:
    """How far an order has come."""
    job = call.path["id"]
    missing = SubmissionNotFound(f"there is no job {job}")
    progress = await call.parts.views.intake.progress(call.tenant, IntakeId(known_id(job, missing)))
    if progress is None:
        raise missing
    return call.reply(show_progress(progress))


def _submission(
    call: Call,
    request: OrderRequest,
    wish: str | None,
    lanes: LanePolicy,
    encoded: bytes,
    key: bytes | None,
    body_hash: bytes,
) -> Submission:
    context = call.context
    return _taken(
        tenant=context.tenant,
        id=IntakeId(call.parts.new_id()),
        order_id=OrderId(call.parts.new_id()),
        lane=lane_of(lanes, channel=request.channel, customer=request.customer, wish=wish),
        channel=request.channel,
        external_id=request.external_id,
        key_hash=key,
        body_hash=body_hash,
        body=encoded,
        received_at=context.now,
        actor=context.actor,
        correlation=context.correlation,
    )


def _receipt(receipt: Receipt) -> bytes:
    """A ShownReceipt in JSON. Ids need no escaping, and writing the text directly is the cheapest way there is."""
    return (
        f'{{"job_id":"{receipt.id}","order_id":"{receipt.order_id}","status":"pending",'
        f'"status_url":"/api/v1/orders/{receipt.id}/status","message":"the order is taken in",'
        '"estimated_processing_time":"under a second"}'
    ).encode("ascii")


def _receipt_or_refusal(answer: Receipt | DomainError) -> bytes:
    if isinstance(answer, Receipt):
        return _receipt(answer)
    error = ShownError(code=answer.code, detail=answer.detail, path=answer.path)
    return _encode(ShownAnswer(status="failed", error=error))


def _tell(call: Call, taken: Sequence[Submission]) -> None:
    """Count what was taken in; a log line only for a sample of it."""
    telemetry = call.parts.telemetry
    for lane in {new.lane for new in taken}:
        amount = sum(1 for new in taken if new.lane is lane)
        telemetry.count("orders_enqueued_total", amount, priority=lane.name.lower())
    first = taken[0]
    if int(first.id[-4:], 16) % LOGGED_ONE_IN == 0:
        telemetry.log("info", "orders taken in", count=len(taken), job=first.id, correlation=first.correlation)


ROUTES = (
    Route(
        method="POST", path="/orders", summary="Submit an order", handle=take_order, tag="orders",
        body=NewOrder, answer=ShownReceipt, status=202, scope=Scope.ORDERS_WRITE, refusals=(409, 422),
    ),
    Route(
        method="POST", path="/orders/batch", summary="Submit up to 500 orders", handle=take_orders, tag="orders",
        body=NewOrders, body_max=BATCH_MAX, answer=ShownReceipts, status=202, scope=Scope.ORDERS_WRITE,
        refusals=(409, 422),
    ),
    Route(
        method="GET", path="/orders/{id:str}/status", summary="How far an order has come", handle=get_status,
        tag="orders", answer=ShownStatus, scope=Scope.ORDERS_READ, refusals=(404,),
    ),
)  # fmt: skip
