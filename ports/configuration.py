"""Flags and policies as a tenant set them."""

from collections.abc import Mapping
from typing import Protocol

from core.configuration.flag import Flag
from core.kernel.ids import TenantId
from ports.journal import Journal


class Flags(Protocol):
    """Part of a transaction."""

    async def put(self, flag: Flag, enabled: bool) -> int:
        """Switch the flag; answers its version, counted from 1."""
        ...


class ConfigurationTransaction(Protocol):
    """What configuration use cases may touch."""

    @property
    def flags(self) -> Flags: ...

    @property
    def journal(self) -> Journal: ...


class ConfigurationView(Protocol):
    """Reading, straight from an entrypoint."""

    async def flags(self, tenant: TenantId) -> Mapping[Flag, bool]:
        """Every flag, with its default where it was never set."""
        ...
