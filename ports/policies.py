"""Reading a tenant's policies."""

from typing import Protocol

from core.acceptance.policies import Policies
from core.kernel.ids import TenantId


class PoliciesView(Protocol):
    """Reading, straight from an entrypoint."""

    async def policies(self, tenant: TenantId) -> Policies:
        """The tenant's policies, defaults where none was set."""
        ...
