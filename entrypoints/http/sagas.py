"""Sagas: what takes several steps, how far each has come, and a person's word on those that are stuck."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.identity.permission import Scope
from core.kernel.event import RecordedEvent
from core.kernel.ids import SagaId, StreamId, made_at
from core.sagas.commands import ForgiveSaga, RetrySaga
from core.sagas.events import Outcome, SagaAdvanced, SagaEnded, SagaStuck
from core.sagas.saga import Saga, SagaNotFound, Status, StepAt, StepState
from entrypoints.http.fields import Body, Code, Reason, Shown, known_id
from entrypoints.http.paging import Page, PageQuery, page_of
from entrypoints.http.routes import Call, Reply, Route
from ports.sagas import KeptSaga

PATH = "/sagas"


class NewForgiveness(Body):
    """Why what is still done may stay done."""

    reason: Reason


class SagaQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which sagas to list."""

    status: Status | None = None
    name: Code | None = None


class ShownStep(Shown):
    """Where one step stands; `attempts` counts how often it, or its undo, was asked."""

    name: str
    state: StepState
    attempts: int
    reason: str | None


class ShownSaga(Shown):
    """A saga. `still_done` are the steps of it that are done, or may be; `forgiven` those a person answers for."""

    id: str
    name: str
    version: int
    status: Status
    still_done: list[str]
    forgiven: list[str]
    reason: str | None
    started_at: datetime
    updated_at: datetime


class ShownMoment(Shown):
    """One event of a saga, and who brought it about."""

    at: datetime
    event: str
    step: str | None
    outcome: Outcome | None
    detail: str | None
    actor: str


class ShownStory(ShownSaga):
    """A saga with its data, its steps, and all that happened to it, oldest first."""

    data: dict[str, Any]
    steps: list[ShownStep]
    timeline: list[ShownMoment]


class ShownDecision(Shown):
    """What became of it."""

    id: str
    status: Status


async def list_sagas(call: Call) -> Reply:
    """Sagas, newest first."""
    query: SagaQuery = call.query
    place = call.place("sagas", str)
    rows = await call.parts.views.sagas.sagas(
        call.tenant,
        status=query.status,
        name=query.name,
        before=None if place is None else SagaId(place),
        limit=query.limit + 1,
    )
    return call.reply(page_of(rows, query.limit, _show, lambda kept: call.cursor("sagas", kept.saga.id)))


async def get_saga(call: Call) -> Reply:
    """One saga and its story."""
    saga = _id(call)
    kept = await call.parts.views.sagas.saga(call.tenant, saga)
    if kept is None:
        raise _missing(call)
    return call.reply(_tell(kept, await call.parts.feed.stream(call.tenant, StreamId(saga))))


async def retry(call: Call) -> Reply:
    """Ask again what a stuck saga has given up."""
    return await call.run(RetrySaga(id=_id(call)), _decided)


async def forgive(call: Call) -> Reply:
    """End a stuck saga; what is still done stays done."""
    body: NewForgiveness = call.body
    return await call.run(ForgiveSaga(id=_id(call), reason=body.reason), _decided)


def _id(call: Call) -> SagaId:
    return SagaId(known_id(call.path["id"], _missing(call)))


def _missing(call: Call) -> SagaNotFound:
    return SagaNotFound(f"there is no saga {call.path['id']}")


def _decided(saga: Saga) -> ShownDecision:
    return ShownDecision(id=saga.id, status=saga.status)


def _show(kept: KeptSaga) -> ShownSaga:
    return ShownSaga(**_fields(kept))


def _tell(kept: KeptSaga, events: Sequence[RecordedEvent]) -> ShownStory:
    return ShownStory(
        **_fields(kept),
        data=dict(kept.saga.data),
        steps=[_step(at) for at in kept.saga.steps],
        timeline=[_moment(event) for event in events],
    )


def _fields(kept: KeptSaga) -> dict[str, Any]:
    saga = kept.saga
    return {
        "id": saga.id,
        "name": saga.name,
        "version": saga.version,
        "status": saga.status,
        "still_done": list(saga.still_done),
        "forgiven": list(saga.forgiven),
        "reason": saga.reason,
        "started_at": made_at(saga.id),
        "updated_at": kept.updated_at,
    }


def _step(at: StepAt) -> ShownStep:
    return ShownStep(name=at.name, state=at.state, attempts=at.attempt, reason=at.reason)


def _moment(event: RecordedEvent) -> ShownMoment:
    body = event.body
    advanced = body if isinstance(body, SagaAdvanced) else None
    told = body.reason if isinstance(body, SagaEnded | SagaStuck) else None
    return ShownMoment(
        at=event.recorded_at,
        event=event.name,
        step=advanced.step if advanced else None,
        outcome=advanced.outcome if advanced else None,
        detail=advanced.detail if advanced else told,
        actor=event.actor,
    )


ROUTES = (
    Route(
        method="GET", path=PATH, summary="List sagas", handle=list_sagas, tag="operations",
        query=SagaQuery, answer=Page[ShownSaga], scope=Scope.OPERATIONS_READ,
    ),
    Route(
        method="GET", path=f"{PATH}/{{id:str}}", summary="One saga and its story", handle=get_saga, tag="operations",
        answer=ShownStory, scope=Scope.OPERATIONS_READ, refusals=(404,),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/retry", summary="Ask a stuck saga's steps again", handle=retry,
        tag="operations", answer=ShownDecision, scope=Scope.OPERATIONS_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/forgive", summary="End a stuck saga as it is", handle=forgive,
        tag="operations", body=NewForgiveness, answer=ShownDecision, scope=Scope.OPERATIONS_WRITE,
        refusals=(404, 409, 422),
    ),
)  # fmt: skip
