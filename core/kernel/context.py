"""Who asks, for which tenants, when: set once at the door and never asked for twice."""

from datetime import datetime

from core.kernel.ids import TenantId
from core.kernel.value import value


@value
class Context:
    """The circumstances of one command or one batch.

    ``tenants`` are the only tenants the transaction may see: one for a caller's command, several for a batch that
    spans tenants. ``now`` is aware and in UTC. ``scopes`` are what the actor may do (``orders:write`` …).
    """

    tenants: tuple[TenantId, ...]
    actor: str
    now: datetime
    correlation: str
    scopes: frozenset[str] = frozenset()

    @property
    def tenant(self) -> TenantId:
        """The one tenant of a command. A batch over several has none, and asking is a defect."""
        (only,) = self.tenants
        return only
