"""What an order of the file asks for: an order, or the record of a cancellation or of a return to come."""

import hashlib
import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from core.intake.submission import Address, Lane, OrderRequest, RequestedLine, Submission, as_before_units
from core.kernel.context import Context
from core.kernel.ids import IntakeId, NewId, OrderId
from core.kernel.value import value
from entrypoints.cli.imports.countries import country_code
from entrypoints.cli.imports.grouping import Group, Line
from entrypoints.cli.imports.source import Row

CHANNEL = "import"
RETURNS = "#returns"
NAMED_MAX = 3
Becomes = Literal["orders", "cancellations", "returns"]


@value
class Draft:
    """A request to be submitted, the rows it was made of, and what it is counted as."""

    external_id: str
    request: OrderRequest
    rows: tuple[Row, ...]
    becomes: Becomes


def drafts_of(group: Group, cancel_prefix: str) -> list[Draft]:
    """The drafts of one group: none without lines, two when it mixes sold and returned.

    What was cancelled or will come back is not an order, but it happened: it is kept as one that is rejected, with
    the reason, and never changes stock.
    """
    if group.order_id is None or not group.lines:
        return []
    if is_cancellation(group.order_id, cancel_prefix):
        refusal = f"cancellation {group.order_id} of an earlier order: {_named(group.lines)}"
        return [_draft(group, group.order_id, group.lines, "cancellations", refusal)]
    sold = [line for line in group.lines if line.quantity > 0]
    returned = [line for line in group.lines if line.quantity < 0]
    drafts = []
    if sold:
        drafts.append(_draft(group, group.order_id, sold, "orders"))
    if returned:
        external_id = group.order_id + (RETURNS if sold else "")
        refusal = f"return to come: negative quantity of {_named(returned)}"
        drafts.append(_draft(group, external_id, returned, "returns", refusal))
    return drafts


def is_cancellation(order_id: str, prefix: str) -> bool:
    """Whether ``order_id`` is a number behind the prefix that marks cancellations."""
    return bool(prefix) and re.fullmatch(rf"{re.escape(prefix)}\d+", order_id, re.IGNORECASE) is not None


def submission_of(draft: Draft, context: Context, new_id: NewId) -> Submission:
    """``draft`` on its way in, after whoever orders now."""
    body = as_before_units(msgspec.json.encode(draft.request))
    return Submission(
        tenant=context.tenant,
        id=IntakeId(new_id()),
        order_id=OrderId(new_id()),
        lane=Lane.LOW,
        channel=CHANNEL,
        external_id=draft.external_id,
        key_hash=None,
        body_hash=hashlib.blake2b(body, digest_size=16).digest(),
        body=body,
        received_at=context.now,
        actor=context.actor,
        correlation=context.correlation,
    )


def _draft(
    group: Group, external_id: str, lines: Sequence[Line], becomes: Becomes, refusal: str | None = None
) -> Draft:
    country = country_code(group.country)
    request = OrderRequest(
        items=tuple(
            RequestedLine(sku=line.sku, quantity=abs(line.quantity), unit_price=line.unit_price) for line in lines
        ),
        channel=CHANNEL,
        external_id=external_id,
        customer=group.customer,
        currency=group.currency,
        ship_to=Address(country=country) if country else None,
        placed_at=group.placed_at,
        refusal=refusal,
    )
    return Draft(external_id=external_id, request=request, rows=tuple(line.row for line in lines), becomes=becomes)


def _named(lines: Sequence[Line]) -> str:
    names = ", ".join(f"{abs(line.quantity)} x {line.sku}" for line in lines[:NAMED_MAX])
    more = len(lines) - NAMED_MAX
    return f"{names} and {more} more" if more > 0 else names
