"""An entry of the ledger as one sentence a person understands."""

from typing import assert_never

from core.inventory.balance import Account, EntryKind
from core.inventory.cause import (
    Cause,
    ChannelCause,
    OrderCause,
    OtherCause,
    ReservationCause,
    ReturnCause,
    TransferCause,
)
from core.inventory.history import PastEntry, Step
from core.kernel.quantity import to_amount


def sentence(step: Step, scale: int) -> str:
    """What happened, in the item's unit: how much, where it went, because of what."""
    entry = step.entry
    quantity = to_amount(entry.movement.quantity, scale)
    match entry.movement.kind:
        case EntryKind.RECEIVE:
            return f"{quantity} received from a supplier{_by_whom(entry)}"
        case EntryKind.ADJUST:
            added = entry.movement.target is Account.AVAILABLE
            return f"{quantity} {'added' if added else 'taken away'}{_by_whom(entry)}"
        case EntryKind.COUNT:
            reason = f": {entry.movement.reason}" if entry.movement.reason else ""
            return f"counted {to_amount(step.on_hand, scale)} by {entry.actor}{reason}"
        case EntryKind.COMMIT:
            return f"{quantity} promised {_to_whom(entry.cause)}"
        case EntryKind.RESERVE:
            return f"{quantity} held {_for_whom(entry.cause)}"
        case EntryKind.RELEASE:
            return f"{quantity} given back that was held {_for_whom(entry.cause)}"
        case EntryKind.UNCOMMIT:
            return f"{quantity} given back that was promised {_to_whom(entry.cause)}"
        case EntryKind.PICK:
            return f"{quantity} picked {_for_whom(entry.cause)}"
        case EntryKind.UNPICK:
            return f"{quantity} put back that was picked {_for_whom(entry.cause)}"
        case EntryKind.SHIP:
            return f"{quantity} sent {_for_whom(entry.cause)}"
        case EntryKind.RETURN_RECEIVE:
            return f"{quantity} came back by {_name_of(entry.cause)}"
        case EntryKind.INSPECT_PASS:
            return f"{quantity} found sellable of {_name_of(entry.cause)}{_by_whom(entry)}"
        case EntryKind.INSPECT_FAIL:
            return f"{quantity} found damaged of {_name_of(entry.cause)}{_by_whom(entry)}"
        case EntryKind.SCRAP:
            return f"{quantity} thrown away of {_name_of(entry.cause)}{_by_whom(entry)}"
        case EntryKind.TRANSFER_SHIP:
            way = "left" if entry.movement.target is Account.TRANSFER else "on their way"
            return f"{quantity} {way} by {_name_of(entry.cause)}{_by_whom(entry)}"
        case EntryKind.TRANSFER_RECEIVE:
            way = "arrived" if entry.movement.source is Account.TRANSFER else "no longer on their way"
            return f"{quantity} {way} by {_name_of(entry.cause)}{_by_whom(entry)}"
        case _:
            moved = f"{quantity} moved from {_name(entry.movement.source)} to {_name(entry.movement.target)}"
            because = f" because of {thing(entry.cause)}" if entry.cause else ""
            return f"{moved}{because}{_by_whom(entry)}"


def thing(cause: Cause) -> str:
    """What ``cause`` names, as far as it is known."""
    match cause:
        case OrderCause():
            return f"order {cause.external_id or cause.order}" + (f" ({cause.channel})" if cause.channel else "")
        case ReservationCause():
            if cause.holder is None:
                return f"reservation {cause.reservation}"
            holder = cause.holder.replace("_", " ")
            return f"{holder} {cause.reference}" if cause.reference else f"{holder} reservation {cause.reservation}"
        case ChannelCause():
            return f"channel {cause.channel}"
        case ReturnCause():
            of_order = f" of order {cause.external_id or cause.order}" if cause.order else ""
            return f"return {cause.one}{of_order}" + (f" ({cause.channel})" if cause.channel else "")
        case TransferCause():
            way = f" from {cause.source} to {cause.target}" if cause.source else ""
            return f"transfer {cause.transfer}{way}"
        case OtherCause():
            return f"{cause.kind}:{cause.name}" if cause.kind else cause.name
        case _:
            assert_never(cause)


def _to_whom(cause: Cause | None) -> str:
    if isinstance(cause, ReservationCause):
        return f"from what was held for {thing(cause)}"
    return f"to {thing(cause)}" if cause else "to somebody"


def _name_of(cause: Cause | None) -> str:
    return thing(cause) if cause else "somebody"


def _for_whom(cause: Cause | None) -> str:
    return f"for {thing(cause)}" if cause else "for somebody"


def _by_whom(entry: PastEntry) -> str:
    reason = f": {entry.movement.reason}," if entry.movement.reason else ""
    return f"{reason} by {entry.actor}"


def _name(account: Account) -> str:
    return account.replace("_", " ")
