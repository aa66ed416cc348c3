"""What is set aside for channels."""

from collections.abc import Sequence
from typing import Protocol

from core.inventory.allotment import Allotment
from core.kernel.ids import AllotmentId, TenantId
from core.kernel.value import value


class Allotments(Protocol):
    """The tenant's allotments, part of a transaction."""

    async def add(self, allotment: Allotment) -> None:
        """Keep a new one. Raises TransactionConflict when another transaction took its id first."""
        ...

    async def lock(self, allotment: AllotmentId) -> Allotment | None:
        """Hold it against others; None: there is none with this id."""
        ...

    async def save(self, allotment: Allotment) -> None:
        """Keep a held one as it is now. Raises TransactionConflict when it had another version before."""
        ...


@value
class AllotmentRow:
    """One part of an allotment that counts, with the names and the decimals a person reads it by."""

    id: AllotmentId
    number: int
    channel: str
    sku: str
    scale: int
    location: str
    quantity: int
    cause: str


class AllotmentsView(Protocol):
    """Reading, straight from an entrypoint."""

    async def allotments(
        self, tenant: TenantId, *, channel: str | None, sku: str | None, after: tuple[str, int] | None, limit: int
    ) -> Sequence[AllotmentRow]:
        """Up to ``limit`` parts by (id, number), after ``after``; withdrawn ones are not shown."""
        ...
