"""What takes several steps, begun: a followed transfer, a return to be settled. The answer says where to look.

Both go on by themselves, over days if need be, and end in the operator's inbox when somebody has to decide.
"""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from core.identity.permission import Scope
from core.kernel.ids import ReturnId
from core.orders.returns import RefundMethod, ReturnNotFound
from core.sagas.saga import Saga
from core.sagas.settle_return import DAYS_MAX, SettleReturn
from core.sagas.transfer_stock import GRACE_HOURS_MAX, TransferStock
from entrypoints.http.fields import Body, Reason, Shown, known_id
from entrypoints.http.routes import Call, Reply, Route
from entrypoints.http.transfer_fields import NewTransfer
from entrypoints.http.transfers import to_transfer

Days = Annotated[int, Meta(ge=1, le=DAYS_MAX)]
GraceHours = Annotated[int, Meta(ge=0, le=GRACE_HOURS_MAX)]


class BegunSaga(Shown):
    """It is being done; `status_url` says how far it has come, to whoever may read `operations`."""

    saga_id: str
    status_url: str


class BegunTransfer(BegunSaga):
    """The transfer is there once its first step is done; it is refused there, with the reason, when stock is short."""

    transfer_id: str


class NewFollowedTransfer(NewTransfer):
    """A transfer that is followed until it has arrived.

    So many hours after it was due, a person is asked what became of it.
    """

    grace_hours: GraceHours = 24


class NewReturnSettlement(Body):
    """How to give the money back once the goods are looked at, and how long to wait for goods and payment."""

    method: RefundMethod = RefundMethod.REFUND
    note: Reason | None = None
    goods_within_days: Days = 30
    paid_within_days: Days = 14


def show_begun(saga: Saga) -> BegunSaga:
    """Where to look."""
    return BegunSaga(saga_id=saga.id, status_url=_status_url(saga))


async def follow_transfer(call: Call) -> Reply:
    """Begin a transfer that is followed."""
    body: NewFollowedTransfer = call.body
    return await call.run(
        TransferStock(transfer=to_transfer(body), grace=timedelta(hours=body.grace_hours)), _show_transfer
    )


async def settle_return(call: Call) -> Reply:
    """Begin to settle a return."""
    body: NewReturnSettlement = call.body
    command = SettleReturn(
        one=ReturnId(known_id(call.path["id"], ReturnNotFound(f"there is no return {call.path['id']}"))),
        method=body.method,
        note=body.note,
        goods_within=timedelta(days=body.goods_within_days),
        paid_within=timedelta(days=body.paid_within_days),
    )
    return await call.run(command, show_begun)


def _show_transfer(saga: Saga) -> BegunTransfer:
    return BegunTransfer(saga_id=saga.id, status_url=_status_url(saga), transfer_id=saga.data["transfer_id"])


def _status_url(saga: Saga) -> str:
    return f"/api/v1/sagas/{saga.id}"


ROUTES = (
    Route(
        method="POST", path="/stock/transfers/followed", summary="Start a transfer and follow it until it has arrived",
        handle=follow_transfer, tag="stock", body=NewFollowedTransfer, answer=BegunTransfer, status=202,
        scope=Scope.STOCK_WRITE, refusals=(409, 422),
    ),
    Route(
        method="POST", path="/returns/{id:str}/settle", summary="Give the money back and resolve it, step by step",
        handle=settle_return, tag="returns", body=NewReturnSettlement, answer=BegunSaga, status=202,
        scope=Scope.ORDERS_WRITE, refusals=(404, 409, 422),
    ),
)  # fmt: skip
