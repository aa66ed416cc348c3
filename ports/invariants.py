"""What must hold at rest, asked of whatever keeps the data."""

from collections.abc import Sequence
from typing import Protocol

from core.kernel.ids import TenantId
from core.kernel.value import value


@value
class Violation:
    """One row that breaks an invariant: its name (DESIGN 9), whose it is, and what is wrong in words."""

    invariant: str
    tenant: str
    detail: str


class Invariants(Protocol):
    """The checks behind ``fluxor doctor``, the tests and the simulator."""

    async def violations(self, tenant: TenantId | None = None, limit: int = 100) -> Sequence[Violation]:
        """Up to ``limit`` violations of each invariant, for one tenant or all. Empty: all hold."""
        ...
