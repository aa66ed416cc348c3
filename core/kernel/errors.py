"""A caller's mistake: an exception with a stable code and one of four kinds, declared beside the rule it guards.

Entrypoints map the *kind* to their own words (an HTTP status, a job outcome) in one table each.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What a caller can do about it."""

    NOT_FOUND = "not_found"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"


class DomainError(Exception):
    """A rule the caller broke. ``code`` is stable; ``path`` names the field (JSONPath) where one is to blame."""

    code = "domain_error"
    kind = Kind.REJECTED

    def __init__(self, detail: str, *, path: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.path = path


class NotFound(DomainError):
    """There is no such thing, or it belongs to somebody else: the two look alike."""

    code = "not_found"
    kind = Kind.NOT_FOUND


class Rejected(DomainError):
    """The values make no sense together."""

    code = "rejected"


class Conflict(DomainError):
    """The state the command needs is not the state there is."""

    code = "conflict"
    kind = Kind.CONFLICT


class Forbidden(DomainError):
    """The actor may not do this."""

    code = "forbidden"
    kind = Kind.FORBIDDEN
