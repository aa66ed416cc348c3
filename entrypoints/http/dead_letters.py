"""Dead letters: jobs that were given up, and second thoughts about them."""

from datetime import datetime

from core.identity.permission import Scope
from core.intake.dead_letters import DeadLetterNotFound, ForgiveDeadLetter, ReplayDeadLetter
from core.kernel.ids import JobId
from core.kernel.job import DeadLetter
from entrypoints.http.fields import Shown, known_id
from entrypoints.http.paging import Page, PageQuery, page_of
from entrypoints.http.routes import Call, Reply, Route

PATH = "/dead-letters"


class ShownCause(Shown):
    """Why the last attempt failed."""

    code: str
    detail: str
    trace: str


class ShownDeadLetter(Shown):
    """A job that was given up (SPEC QUE-05)."""

    id: str
    queue: str
    payload: str
    correlation_id: str
    attempts: int
    error: ShownCause
    failed_at: datetime


class ShownFate(Shown):
    """What became of it."""

    id: str
    status: str


async def list_dead(call: Call) -> Reply:
    """Dead letters by id."""
    query: PageQuery = call.query
    after = call.place("dead letters", str) or ""
    rows = await call.parts.views.queue.dead(call.tenant, after=after, limit=query.limit + 1)
    return call.reply(page_of(rows, query.limit, _show, lambda letter: call.cursor("dead letters", letter.id)))


async def replay(call: Call) -> Reply:
    """Try it again, attempts counted anew."""
    job = _job(call)
    return await call.run(ReplayDeadLetter(job=job), lambda _: ShownFate(id=job, status="replayed"))


async def forgive(call: Call) -> Reply:
    """Give it up for good."""
    job = _job(call)
    return await call.run(ForgiveDeadLetter(job=job), lambda _: ShownFate(id=job, status="forgiven"))


def _job(call: Call) -> JobId:
    text = call.path["id"]
    return JobId(known_id(text, DeadLetterNotFound(f"there is no dead letter {text}")))


def _show(letter: DeadLetter) -> ShownDeadLetter:
    return ShownDeadLetter(
        id=letter.id,
        queue=letter.queue,
        payload=letter.payload.decode(errors="replace"),
        correlation_id=letter.correlation,
        attempts=letter.attempts,
        error=ShownCause(code=letter.error_code, detail=letter.error_detail, trace=letter.trace),
        failed_at=letter.failed_at,
    )


ROUTES = (
    Route(
        method="GET", path=PATH, summary="List dead letters", handle=list_dead, tag="operations",
        query=PageQuery, answer=Page[ShownDeadLetter], scope=Scope.OPERATIONS_READ,
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/replay", summary="Try a dead letter again", handle=replay,
        tag="operations", answer=ShownFate, scope=Scope.OPERATIONS_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/forgive", summary="Give a dead letter up for good", handle=forgive,
        tag="operations", answer=ShownFate, scope=Scope.OPERATIONS_WRITE, refusals=(404, 409, 422),
    ),
)  # fmt: skip
