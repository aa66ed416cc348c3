"""What would have been: locations an order's lines were not promised from for want of stock."""

from core.acceptance.events import Explanation, passed_over
from entrypoints.http.fields import Shown


class ShownPassedOver(Shown):
    """A location that a line, or its kit's `component`, would have come from whole with `missing` base units more."""

    line: int
    component: str | None
    location: str
    missing: int
    detail: str


def show_passed_over(explanation: Explanation | None) -> list[ShownPassedOver]:
    """What would have been, had there been more somewhere; quantities in base units."""
    return [
        ShownPassedOver(
            line=one.number,
            component=one.component,
            location=one.passed.code,
            missing=one.passed.missing,
            detail=one.passed.words,
        )
        for one in (passed_over(explanation) if explanation else ())
    ]
