"""Incoming webhooks: verify the raw body, keep it, answer; whoever calls is told nothing about anything else."""

from collections.abc import Mapping
from datetime import datetime

from core.ingress.notice import TakeNotice
from core.ingress.scheme import identity_of, pings, proven, sent_at, topic_of
from core.ingress.source import Source, SourceNotFound, secrets_at
from core.kernel.context import Context
from core.kernel.ids import SourceId, TenantId, is_id
from entrypoints.http.bodies import BATCH_MAX
from entrypoints.http.errors import refused
from entrypoints.http.fields import Shown
from entrypoints.http.routes import Call, Reply, Route

PATH = "/inbound/{tenant:str}/{source:str}"


class ShownReceipt(Shown):
    """`received`: it is kept now; `duplicate`: it was before; `ping`: there was nothing to keep."""

    status: str


async def take(call: Call) -> Reply:
    """Take what a source says. 200 means that it is kept: it is looked into afterwards."""
    source = await _source(call)
    headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in call.headers.items()}
    if pings(source.scheme, headers, call.raw):
        return call.reply(ShownReceipt(status="ping"))
    now = call.parts.clock.now()
    # Another process may have been told of a new secret: before it is refused, it is held against what is kept.
    if not _proven(source, headers, call, now) and not _proven(source := await _kept(call), headers, call, now):
        call.parts.telemetry.count("notices_refused_total", scheme=source.scheme.value)
        raise refused(401, "not_proven", "the signature does not prove that this source sent this body")
    command = TakeNotice(
        source=source.id,
        scheme=source.scheme,
        identity=identity_of(source.scheme, headers, call.raw),
        topic=topic_of(source.scheme, headers),
        body=call.raw,
        sent_at=sent_at(source.scheme, headers, now),
    )
    correlation = call.desk.authenticator.correlation(call.headers)
    context = Context(tenants=(source.tenant,), actor=f"source:{source.id}", now=now, correlation=correlation)
    fresh = await call.parts.dispatch.run(command, context)
    call.parts.telemetry.count("notices_received_total", scheme=source.scheme.value, fresh=str(fresh).lower())
    return call.reply(ShownReceipt(status="received" if fresh else "duplicate"))


def _proven(source: Source, headers: Mapping[str, str], call: Call, now: datetime) -> bool:
    return proven(source.scheme, secrets_at(source, now), headers, call.raw, now)


async def _source(call: Call) -> Source:
    """The source the path names, at most some seconds old. Raises SourceNotFound."""
    place = (call.path["tenant"], call.path["source"])
    found = call.desk.sources.known(place, call.parts.clock.now())
    if found is None:
        found = await call.desk.sources.get(place, lambda: _kept(call))
    assert found is not None, "who is not kept is not found"
    return found


async def _kept(call: Call) -> Source:
    tenant, source = call.path["tenant"], call.path["source"]
    if is_id(tenant) and is_id(source):
        found = await call.parts.views.ingress.source(TenantId(tenant), SourceId(source))
        if found is not None:
            return found
    raise SourceNotFound("there is no such webhook source")


ROUTES = (
    Route(
        method="POST", path=PATH, summary="Take what a source says", handle=take, tag="webhooks in",
        answer=ShownReceipt, body_max=BATCH_MAX, public=True, refusals=(401, 404),
    ),
)  # fmt: skip
