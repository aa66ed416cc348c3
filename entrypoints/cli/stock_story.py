"""Balances, and why they are what they are, as JSON."""

from datetime import datetime

from core.inventory.balance import BUCKETS
from core.inventory.cause import (
    Cause,
    ChannelCause,
    OrderCause,
    OtherCause,
    ReservationCause,
    ReturnCause,
    TransferCause,
)
from core.inventory.history import Step
from core.inventory.words import sentence, thing
from core.kernel.quantity import to_amount
from ports.history import StockStory
from ports.inventory import StockRow


def row_as_json(row: StockRow) -> dict[str, object]:
    """A balance with its quantities as decimals."""
    amounts = {bucket.value: to_amount(getattr(row.balance, bucket), row.scale) for bucket in BUCKETS}
    return {
        "sku": row.sku,
        "name": row.name,
        "location": row.location,
        "lot": row.lot,
        "on_hand": to_amount(row.balance.on_hand, row.scale),
        **amounts,
        "incoming": to_amount(row.incoming, row.scale),
        "updated_at": row.updated_at,
    }


def story_as_json(story: StockStory, at: datetime | None) -> dict[str, object]:
    """The story as one document."""
    return {
        "sku": story.sku,
        "at": at,
        "balances": [row_as_json(row) for row in story.shelves],
        "steps": [_step_as_json(step, story.scale) for step in story.steps],
        "ends": story.ends,
    }


def _step_as_json(step: Step, scale: int) -> dict[str, object]:
    entry = step.entry
    return {
        "group": entry.group,
        "number": entry.number,
        "location": entry.location,
        "kind": entry.movement.kind,
        "from": entry.movement.source,
        "to": entry.movement.target,
        "quantity": to_amount(entry.movement.quantity, scale),
        "reason": entry.movement.reason,
        "available": to_amount(step.available, scale),
        "on_hand": to_amount(step.on_hand, scale),
        "anchored": step.anchored,
        "cause": _cause_as_json(entry.cause) if entry.cause else None,
        "actor": entry.actor,
        "recorded_at": entry.recorded_at,
        "says": sentence(step, scale),
    }


def _cause_as_json(cause: Cause) -> dict[str, object]:
    text = thing(cause)
    match cause:
        case OrderCause():
            known = {"channel": cause.channel, "external_id": cause.external_id, "customer": cause.customer}
            return {"kind": "order", "text": text, "id": cause.order, **known, "received_at": cause.received_at}
        case ReservationCause():
            held = {"holder": cause.holder, "reference": cause.reference}
            return {"kind": "reservation", "text": text, "id": cause.reservation, **held}
        case ChannelCause():
            return {"kind": "channel", "text": text, "channel": cause.channel}
        case ReturnCause():
            whose = {"channel": cause.channel, "external_id": cause.external_id}
            return {"kind": "return", "text": text, "id": cause.one, **whose}
        case TransferCause():
            return {"kind": "transfer", "text": text, "id": cause.transfer}
        case OtherCause():
            return {"kind": cause.kind, "text": text}
