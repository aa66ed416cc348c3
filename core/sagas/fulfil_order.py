"""What a location is asked to send, followed until it has left.

    ask ──▶ answered ──▶ sent
A location that does not answer in time is asked no more: the fulfilment order is recalled, and what was promised from
there is promised from elsewhere, to be asked and followed in turn. One that has answered and does not send waits for a
person. Begun by the acceptance of an order, of tenants that have said how long their locations may take.
"""

from core.identity.permission import Scope
from core.kernel.ids import FulfilmentId, OrderId, SagaId, derived_id
from core.kernel.value import value
from core.orders.changing import AskFulfilment, OrderNotOpen, OrderOnHold, RecallFulfilment
from core.orders.deadlines import FulfilmentPolicy
from core.orders.fulfilment import FulfilmentNotFound, NotInThisState
from core.orders.looking import FulfilmentUnanswered, FulfilmentUnsent, LookForAnswer, LookForShipment
from core.sagas.definition import Data, Definition, Step

NAME = "fulfil-order"
ASK_SECONDS = 30 * 24 * 3600.0
"""Asking only sets a date. However long it takes, nobody is recalled who was never asked."""
REASON = "it was not answered in time"


@value
class Followed:
    """One fulfilment order to be followed."""

    order: OrderId
    fulfilment: FulfilmentId


def data_of(followed: Followed, policy: FulfilmentPolicy) -> Data:
    """What the saga begins with, under a policy that asks for answers."""
    assert policy.answer_within_minutes is not None, "nothing is followed without it"
    return {
        "order_id": followed.order,
        "fulfilment_id": followed.fulfilment,
        "answer_seconds": policy.answer_within_minutes * 60.0,
        "ship_seconds": policy.ship_within_minutes * 60.0,
    }


def saga_of(fulfilment: FulfilmentId) -> SagaId:
    """The one saga that ever follows it: who begins it late, when it may be over already, finds its id taken."""
    return SagaId(derived_id(fulfilment, f"{NAME}:{fulfilment}"))


def _ask(data: Data) -> AskFulfilment:
    return AskFulfilment(fulfilment=_fulfilment(data), seconds=data["answer_seconds"])


def _recall(data: Data) -> RecallFulfilment:
    return RecallFulfilment(fulfilment=_fulfilment(data), reason=REASON)


def _look_for_answer(data: Data) -> LookForAnswer:
    return LookForAnswer(fulfilment=_fulfilment(data))


def _look_for_shipment(data: Data) -> LookForShipment:
    return LookForShipment(fulfilment=_fulfilment(data))


def _fulfilment(data: Data) -> FulfilmentId:
    return FulfilmentId(data["fulfilment_id"])


V1 = Definition(
    name=NAME,
    version=1,
    scopes=frozenset({Scope.ORDERS_READ, Scope.ORDERS_WRITE}),
    steps=(
        Step(
            name="ask",
            command=_ask,
            undo=_recall,
            # What was answered after all, or cannot be answered while its order is held, is left as it is.
            nothing_to_undo=frozenset(
                {FulfilmentNotFound.code, NotInThisState.code, OrderOnHold.code, OrderNotOpen.code}
            ),
            limit_seconds=ASK_SECONDS,
        ),
        Step(
            name="answered",
            command=_look_for_answer,
            not_yet=frozenset({FulfilmentUnanswered.code}),
            limit_seconds=lambda data: float(data["answer_seconds"]),
        ),
        Step(
            name="sent",
            command=_look_for_shipment,
            not_yet=frozenset({FulfilmentUnsent.code}),
            limit_seconds=lambda data: float(data["ship_seconds"]),
        ),
    ),
)
