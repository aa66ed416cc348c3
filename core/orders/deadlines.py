"""How long a location may take to answer for a fulfilment order, and to send it: a tenant's own word."""

from core.kernel.errors import Rejected
from core.kernel.value import value

DAY_MINUTES = 24 * 60
LIMIT_MINUTES = 365 * DAY_MINUTES


class InvalidDeadline(Rejected):
    """A time of nothing, or of more than a year."""

    code = "invalid_deadline"


@value
class FulfilmentPolicy:
    """Minutes a location has to answer what it is asked, and from then on to send all of it.

    Without the first nobody is asked to answer in time, and what is asked of locations is not followed.
    """

    answer_within_minutes: int | None = None
    ship_within_minutes: int = 2 * DAY_MINUTES


def check_policy(policy: FulfilmentPolicy) -> None:
    """Raise InvalidDeadline, naming the field."""
    for name in ("answer_within_minutes", "ship_within_minutes"):
        minutes = getattr(policy, name)
        if minutes is not None and not 0 < minutes <= LIMIT_MINUTES:
            raise InvalidDeadline(f"{name} is between 1 and {LIMIT_MINUTES}", path=f"$.{name}")
