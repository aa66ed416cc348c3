"""Is what we depend on there?"""

from collections.abc import Mapping
from typing import Protocol


class Health(Protocol):
    """Named checks, quick enough to be asked every few seconds."""

    async def checks(self) -> Mapping[str, str | None]:
        """Each check by name: None when it passes, else what is wrong."""
        ...
