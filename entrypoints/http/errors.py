"""From what went wrong to RFC 9457 problem+json: one table, the same shape for every route and for the router."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec
from litestar.exceptions import HTTPException

from core.intake.submission import IntakeOverloaded
from core.kernel.errors import Conflict, DomainError, Kind
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict

RETRY = (("retry-after", "1"),)
STATUS: Mapping[Kind, int] = {Kind.NOT_FOUND: 404, Kind.REJECTED: 422, Kind.CONFLICT: 409, Kind.FORBIDDEN: 403}
CODES: Mapping[int, str] = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}
TEXT_MAX = 500
_PLACE = re.compile(r"^(?P<message>.*?)(?: - at (?P<place>.+))?$", re.DOTALL)
_FIELD = re.compile(r"^Object (?:contains unknown|missing required) field `(?P<name>.*)`$", re.DOTALL)


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: where (JSONPath) and what."""

    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An answer that is an error. ``members`` are further members of the document."""

    status: int
    code: str
    detail: str
    errors: tuple[Fault, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    members: Mapping[str, object] = field(default_factory=dict)


class Refused(Exception):
    """The entrypoint itself refuses: the request is not one it understands, or nobody vouches for it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class ExplainedConflict(Conflict):
    """A conflict that carries its whole explanation."""

    def __init__(self, detail: str, explanation: object, *, code: str, path: str) -> None:
        super().__init__(detail, path=path)
        self.code = code
        self.explanation = explanation


def refused(status: int, code: str, detail: str, *, path: str | None = None, **headers: str) -> Refused:
    """The exception for a request that is refused before it reaches a rule."""
    faults = (Fault(path=path, message=detail),) if path else ()
    named = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Refused(Problem(status=status, code=code, detail=detail, errors=faults, headers=named))


def invalid(error: Exception) -> Refused:
    """The 400 for a body or a query that does not fit: where, and what would."""
    found = _PLACE.fullmatch(str(error))
    assert found is not None, "the pattern fits any text"
    path, message = _path(found["place"]), found["message"]
    if named := _FIELD.fullmatch(message):
        path = f"{path}.{named['name']}"
    if not isinstance(error, msgspec.ValidationError):
        message = f"not valid JSON in UTF-8: {message}"
    return refused(400, "validation_failed", message[:TEXT_MAX], path=path[:TEXT_MAX])


def problem_of(error: Exception) -> Problem:
    """The answer to ``error``; whatever nobody anticipated says nothing about itself."""
    match error:
        case Refused():
            return error.problem
        case IntakeOverloaded():
            return Problem(status=503, code=error.code, detail=error.detail, headers=RETRY)
        case DomainError():
            return _of_domain(error)
        case StorageUnavailable():
            detail = "the database cannot be reached just now; nothing was changed"
            return Problem(status=503, code="storage_unavailable", detail=detail, headers=RETRY)
        case CommitUnknown():
            detail = "it is not known whether this took effect: repeat it with an Idempotency-Key, or look first"
            return Problem(status=503, code="outcome_unknown", detail=detail, headers=RETRY)
        case TransactionConflict():
            detail = "others change the same just now; nothing was changed"
            return Problem(status=503, code="contention", detail=detail, headers=RETRY)
        case HTTPException() if error.status_code < 500:
            return of_status(error.status_code)
        case _:
            detail = "this should not have happened; the correlation id finds it in the log"
            return Problem(status=500, code="internal_error", detail=detail)


def of_status(status: int, **headers: str) -> Problem:
    """The problem that a bare status says."""
    code = CODES.get(status, "bad_request")
    return refused(status, code, HTTPStatus(status).description or HTTPStatus(status).phrase, **headers).problem


def render(problem: Problem, correlation: str) -> bytes:
    """The problem+json document."""
    document: dict[str, object] = {
        "type": f"urn:fluxor:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "correlation_id": correlation,
    }
    if problem.errors:
        document["errors"] = problem.errors
    return _encoder.encode({**document, **problem.members})


def _of_domain(error: DomainError) -> Problem:
    members = {"explanation": error.explanation} if isinstance(error, ExplainedConflict) else {}
    faults = (Fault(path=error.path, message=error.detail),) if error.path else ()
    return Problem(
        status=STATUS[error.kind], code=error.code, detail=error.detail[:TEXT_MAX], errors=faults, members=members
    )


def _path(place: str | None) -> str:
    """```$.a`` of a value, or of a key (```key` in `$.a``)."""
    return place.rpartition("in ")[2].strip("`") if place else "$"


_encoder = msgspec.json.Encoder(decimal_format="number")
