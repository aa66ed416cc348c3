"""The past once more, in the order it happened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.acceptance.what_if import Happening
from core.kernel.event import Cursor
from core.kernel.ids import TenantId
from core.kernel.value import value


@value
class Happened:
    """Some happenings, and the cursor that reading goes on after; None: there are no more."""

    happenings: Sequence[Happening]
    next: Cursor | None


class Past(Protocol):
    """Reading what happened, straight from an entrypoint. Nothing is held, nothing written."""

    async def happened(
        self, tenant: TenantId, since: datetime, until: datetime, *, after: Cursor, limit: int
    ) -> Happened:
        """Up to ``limit`` happenings recorded after ``since`` and up to ``until``, in the order the journal has them.

        They are the orders that were accepted or rejected in that time, and every movement of stock but those by which
        orders were accepted.
        """
        ...
