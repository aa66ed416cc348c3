"""Calls of many rows: each is answered for itself, in order, and a refused one keeps no other from its due."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from core.kernel.errors import DomainError
from entrypoints.http.fields import Shown
from entrypoints.http.intake_answers import ShownError

ROWS_MAX = 1000
Result = TypeVar("Result")


class RowStatus(StrEnum):
    """How a row ended: it changed something, there was nothing to change, or it was refused."""

    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class ShownRow(Shown, omit_defaults=True):
    """What became of one row; `error` says why it was refused."""

    status: RowStatus
    error: ShownError | None = None


def show_rows(
    outcomes: Sequence[Result | DomainError], show: Callable[[Result], ShownRow], failed: Callable[..., Any]
) -> list[Any]:
    """Each outcome as its row: by ``show``, or as ``failed`` with the place of the row in the path of the error."""
    return [
        failed(status=RowStatus.FAILED, error=_error_of(outcome, index))
        if isinstance(outcome, DomainError)
        else show(outcome)
        for index, outcome in enumerate(outcomes)
    ]


def _error_of(refusal: DomainError, index: int) -> ShownError:
    return ShownError(code=refusal.code, detail=refusal.detail, path=f"$[{index}]{(refusal.path or '$')[1:]}")
