"""An entry of the ledger as one sentence a person understands."""

from typing import assert_never

from core.inventory.balance import Account, EntryKind
from core.inventory.cause import Cause, ChannelCause, OrderCause, OtherCause, ReservationCause
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
        case OtherCause():
            return f"{cause.kind}:{cause.name}" if cause.kind else cause.name
        case _:
            assert_never(cause)


def _to_whom(cause: Cause | None) -> str:
    if isinstance(cause, ReservationCause):
        return f"from what was held for {thing(cause)}"
    return f"to {thing(cause)}" if cause else "to somebody"


def _for_whom(cause: Cause | None) -> str:
    return f"for {thing(cause)}" if cause else "for somebody"


def _by_whom(entry: PastEntry) -> str:
    reason = f": {entry.movement.reason}," if entry.movement.reason else ""
    return f"{reason} by {entry.actor}"


def _name(account: Account) -> str:
    return account.replace("_", " ")
