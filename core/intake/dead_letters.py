"""Second thoughts about jobs that were given up."""

from core.kernel.errors import NotFound
from core.kernel.ids import JobId
from core.kernel.value import value


class DeadLetterNotFound(NotFound):
    """No dead letter, and no parked job, with this id."""

    code = "dead_letter_not_found"


@value
class ReplayDeadLetter:
    """Try ``job`` again, its attempts counted anew. For an order held for review: a person lets it pass."""

    job: JobId


@value
class ForgiveDeadLetter:
    """Give ``job`` up for good."""

    job: JobId
