"""Applying each delivered event once, however often and in whatever order it comes."""

from collections.abc import Sequence
from typing import Protocol

from core.kernel.event import RecordedEvent


class Inbox(Protocol):
    """Part of the subscriber's own transaction."""

    async def fresh(self, subscriber: str, events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
        """Those of ``events`` this subscriber has not applied yet, each once; they count as applied on commit."""
        ...
