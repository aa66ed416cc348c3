"""Allotments: how much of an item is set aside for a channel, because of what. One is withdrawn once, and for good.

An allotment moves nothing in the ledger: it says for whom what is reserved, and later committed, is kept.
"""

from dataclasses import replace
from enum import StrEnum

from core.inventory.balance import BalanceKey
from core.kernel.errors import Conflict, NotFound, Rejected
from core.kernel.ids import AllotmentId, is_id
from core.kernel.value import value


class AllotmentNotFound(NotFound):
    """No allotment with this id."""

    code = "allotment_not_found"


class AllotmentWithdrawn(Conflict):
    """The allotment was withdrawn already: it neither ends again nor comes back."""

    code = "allotment_withdrawn"


class AllotmentTaken(Conflict):
    """Another allotment has this id."""

    code = "allotment_taken"


class InvalidAllotment(Rejected):
    """An allotment of nothing, for nobody, or under a name that is no id."""

    code = "invalid_allotment"


class AllotmentState(StrEnum):
    """Whether it still counts."""

    ALLOTTED = "allotted"
    WITHDRAWN = "withdrawn"


@value
class AllottedPart:
    """``quantity`` base units of what is at ``key``."""

    key: BalanceKey
    quantity: int


@value
class AllotToChannel:
    """Set ``parts`` aside for ``channel``, because of ``cause``. Whoever asks chooses the id."""

    id: AllotmentId
    channel: str
    parts: tuple[AllottedPart, ...]
    cause: str


@value
class WithdrawAllotment:
    """Nothing is set aside any more, because ``reason``."""

    id: AllotmentId
    reason: str


@value
class Allotment:
    """What is, or was, set aside."""

    id: AllotmentId
    channel: str
    parts: tuple[AllottedPart, ...]
    cause: str
    state: AllotmentState = AllotmentState.ALLOTTED
    version: int = 1


@value
class ChannelAllotted:
    """``parts`` are set aside for ``channel``."""

    allotment_id: AllotmentId
    channel: str
    parts: tuple[AllottedPart, ...]
    cause: str


@value
class ChannelAllotmentWithdrawn:
    """They no longer are, because ``reason``."""

    allotment_id: AllotmentId
    reason: str


def allot(command: AllotToChannel) -> ChannelAllotted:
    """The event that begins it. Raises InvalidAllotment."""
    if not is_id(command.id):
        raise InvalidAllotment(f"'{command.id}' is not an id", path="$.id")
    if not command.channel or not command.parts or any(part.quantity <= 0 for part in command.parts):
        raise InvalidAllotment("an allotment sets something aside for a channel", path="$.parts")
    return ChannelAllotted(allotment_id=command.id, channel=command.channel, parts=command.parts, cause=command.cause)


def begun(event: ChannelAllotted) -> Allotment:
    """The allotment as it begins."""
    return Allotment(id=event.allotment_id, channel=event.channel, parts=event.parts, cause=event.cause)


def repeated(allotment: Allotment, command: AllotToChannel) -> Allotment:
    """What asking again for the same answers. Raises AllotmentTaken, AllotmentWithdrawn."""
    if (allotment.channel, allotment.parts, allotment.cause) != (command.channel, command.parts, command.cause):
        raise AllotmentTaken(f"allotment {allotment.id} is another one", path="$.id")
    if allotment.state is AllotmentState.WITHDRAWN:
        raise AllotmentWithdrawn(f"allotment {allotment.id} was withdrawn")
    return allotment


def withdraw(allotment: Allotment, command: WithdrawAllotment) -> ChannelAllotmentWithdrawn:
    """The event that ends it. Raises AllotmentWithdrawn."""
    if allotment.state is AllotmentState.WITHDRAWN:
        raise AllotmentWithdrawn(f"allotment {allotment.id} was withdrawn")
    return ChannelAllotmentWithdrawn(allotment_id=allotment.id, reason=command.reason)


def withdrawn(allotment: Allotment) -> Allotment:
    """The allotment after its end."""
    return replace(allotment, state=AllotmentState.WITHDRAWN, version=allotment.version + 1)
