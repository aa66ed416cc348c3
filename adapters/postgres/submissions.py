"""Submissions read back as they were taken in, with their bodies."""

from typing import Any

from adapters.toolkit.codec import decoder_of
from core.acceptance.facts import Requested
from core.intake.submission import Lane, OrderRequest, Submission
from core.kernel.ids import IntakeId, OrderId, TenantId
from core.kernel.value import maker

SUBMISSIONS = """
SELECT n.id, i.tenant_id, i.order_id, i.lane, i.channel, i.external_id, i.key_hash, i.body_hash, i.body,
       i.received_at, i.actor, i.correlation
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS n(t, id, place)
JOIN intake i ON i.tenant_id = n.t AND i.id = n.id ORDER BY n.place
"""
_REQUEST = decoder_of(OrderRequest)
_requested = maker(Requested)
_submission = maker(Submission)
_LANES = {lane.value: lane for lane in Lane}


def to_requested(row: Any) -> Requested:
    """A submission with its body read, from its row. By place, not by name: this runs for every order."""
    id_, tenant, order_id, lane, channel, external_id, key_hash, body_hash, body, received_at, actor, correlation = row
    return _requested(
        submission=_submission(
            tenant=TenantId(str(tenant)),
            id=IntakeId(str(id_)),
            order_id=OrderId(str(order_id)),
            lane=_LANES[lane],
            channel=channel,
            external_id=external_id,
            key_hash=key_hash,
            body_hash=body_hash,
            body=body,
            received_at=received_at,
            actor=actor,
            correlation=correlation,
        ),
        request=_REQUEST.decode(body),
    )
