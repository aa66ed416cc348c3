"""Getting recorded events to whoever subscribed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.kernel.event import Cursor, RecordedEvent


class Publisher(Protocol):
    """At-least-once delivery, each stream in order."""

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """Deliver; returns when every subscriber's side has confirmed. Any exception: none, some or all arrived."""
        ...


class RelayPosition(Protocol):
    """How far the relay has come, so that another can go on."""

    async def take(self, relay: str) -> Cursor | None:
        """Where to read on from; None while another process is the relay. Held for a few seconds at a time."""
        ...

    async def advance(self, relay: str, to: Cursor) -> None:
        """Everything up to ``to`` was confirmed. Never goes back."""
        ...


class RelayRewind(Protocol):
    """Second thoughts about what was relayed."""

    async def rewind(self, relay: str, since: datetime) -> int:
        """Go back, for a broker that lost what it had confirmed; answers how many events are relayed again.

        They are those recorded after ``since`` or, as CLOCKS_DIFFER, a little before. Whoever is the relay lets go
        and goes on from there within seconds. Raises LongForgotten.
        """
        ...
