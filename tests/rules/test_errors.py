"""A caller's mistake says what, which field, and what can be done about it."""

from core.kernel.errors import Conflict, DomainError, Forbidden, Kind, NotFound, Rejected


def test_each_kind_of_mistake_has_its_own_base() -> None:
    assert [error.kind for error in (NotFound, Rejected, Conflict, Forbidden)] == [
        Kind.NOT_FOUND,
        Kind.REJECTED,
        Kind.CONFLICT,
        Kind.FORBIDDEN,
    ]


def test_a_mistake_keeps_its_words_and_its_field() -> None:
    error = DomainError("too many", path="$.quantity")
    assert (str(error), error.detail, error.path) == ("too many", "too many", "$.quantity")
    assert DomainError("too many").path is None


def subclasses(kind: type[DomainError]) -> list[type[DomainError]]:
    return [sub for direct in kind.__subclasses__() for sub in (direct, *subclasses(direct))]


def test_a_code_names_one_kind_of_mistake() -> None:
    ours = [error for error in subclasses(DomainError) if error.__module__.startswith("core.")]
    kinds = {(error.code, error.kind) for error in ours}
    assert len({code for code, _ in kinds}) == len(kinds)
