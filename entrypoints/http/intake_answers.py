"""What the sender of an order is told: receipts, and how far it has come."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from core.intake.submission import IntakeStatus
from entrypoints.http.fields import Shown
from ports.intake import IntakeProgress


class ShownReceipt(Shown):
    """The order is taken in: nothing can lose it from here on. Ask `status_url` what became of it."""

    job_id: str
    order_id: str
    status: str
    status_url: str
    message: str
    estimated_processing_time: str


class ShownError(Shown, omit_defaults=True):
    """What is wrong, and where."""

    code: str
    detail: str
    path: str | None = None


class ShownAnswer(Shown, omit_defaults=True):
    """What became of one order of a batch: a receipt, or status `failed` and the `error`."""

    status: str
    job_id: str | None = None
    order_id: str | None = None
    status_url: str | None = None
    message: str | None = None
    estimated_processing_time: str | None = None
    error: ShownError | None = None


class ShownReceipts(Shown):
    """One answer for each order of the batch, in order."""

    items: list[ShownAnswer]


class ShownResult(Shown, omit_defaults=True):
    """What became of a decided order; `reasons` say what a held one waits for."""

    order_id: str
    vendor: str | None = None
    decided_at: datetime | None = None
    processing_seconds: Decimal | None = None
    reasons: Sequence[ShownError] = ()


class ShownFailure(Shown):
    """Why there is no order."""

    code: str
    detail: str
    reasons: list[ShownError]


class ShownStatus(Shown, omit_defaults=True):
    """How far an order has come; `data` when it is decided or held, `error` when it is refused or failed."""

    job_id: str
    order_id: str
    status: IntakeStatus
    progress: int
    data: ShownResult | None = None
    error: ShownFailure | None = None


def show_progress(progress: IntakeProgress) -> ShownStatus:
    """A submission's state as its sender sees it."""
    reasons = [
        ShownError(code=reason["code"] or "", detail=reason["detail"] or "", path=reason.get("path"))
        for reason in progress.reasons
    ]
    refused = progress.status in (IntakeStatus.REJECTED, IntakeStatus.FAILED)
    decided = progress.status in (IntakeStatus.COMPLETED, IntakeStatus.NEEDS_REVIEW)
    return ShownStatus(
        job_id=progress.id,
        order_id=progress.order_id,
        status=progress.status,
        progress=progress.progress,
        data=_show_result(progress, reasons) if decided else None,
        error=_show_failure(progress, reasons) if refused else None,
    )


def _show_result(progress: IntakeProgress, reasons: list[ShownError]) -> ShownResult:
    taken = progress.decided_at - progress.received_at if progress.decided_at else None
    return ShownResult(
        order_id=progress.order_id,
        vendor=progress.vendor,
        decided_at=progress.decided_at,
        processing_seconds=None if taken is None else Decimal(f"{max(0.0, taken.total_seconds()):.3f}"),
        reasons=reasons,
    )


def _show_failure(progress: IntakeProgress, reasons: list[ShownError]) -> ShownFailure:
    first = reasons[0] if reasons else ShownError(code="failed", detail=progress.error or "it could not be decided")
    return ShownFailure(code=first.code, detail=first.detail, reasons=reasons)
