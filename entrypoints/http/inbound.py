"""Incoming webhooks: verify the raw body, keep it, answer; whoever calls is told nothing about anything else."""

from core.ingress.notice import TakeNotice
from core.ingress.scheme import identity_of, proven, topic_of
from core.ingress.source import Source, SourceNotFound, secrets_at
from core.kernel.context import Context
from core.kernel.ids import SourceId, TenantId, is_id
from entrypoints.http.bodies import BATCH_MAX
from entrypoints.http.errors import refused
from entrypoints.http.fields import Shown
from entrypoints.http.routes import Call, Reply, Route

PATH = "/inbound/{tenant:str}/{source:str}"


class ShownReceipt(Shown):
    """`received`: it is kept now; `duplicate`: it was before."""

    status: str


async def take(call: Call) -> Reply:
    """Take what a source says. 200 means that it is kept: it is looked into afterwards."""
    source = await _source(call)
    headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in call.headers.items()}
    now = call.parts.clock.now()
    if not proven(source.scheme, secrets_at(source, now), headers, call.raw, now):
        call.parts.telemetry.count("notices_refused_total", scheme=source.scheme.value)
        raise refused(401, "not_proven", "the signature does not prove that this source sent this body")
    command = TakeNotice(
        source=source.id,
        scheme=source.scheme,
        identity=identity_of(source.scheme, headers, call.raw),
        topic=topic_of(source.scheme, headers),
        body=call.raw,
    )
    correlation = call.desk.authenticator.correlation(call.headers)
    context = Context(tenants=(source.tenant,), actor=f"source:{source.id}", now=now, correlation=correlation)
    fresh = await call.parts.dispatch.run(command, context)
    call.parts.telemetry.count("notices_received_total", scheme=source.scheme.value, fresh=str(fresh).lower())
    return call.reply(ShownReceipt(status="received" if fresh else "duplicate"))


async def _source(call: Call) -> Source:
    tenant, source = call.path["tenant"], call.path["source"]
    found = None
    if is_id(tenant) and is_id(source):
        view = call.parts.views.ingress
        found = await call.desk.sources.get((tenant, source), lambda: view.source(TenantId(tenant), SourceId(source)))
    if found is None:
        raise SourceNotFound("there is no such webhook source")
    return found


ROUTES = (
    Route(
        method="POST", path=PATH, summary="Take what a source says", handle=take, tag="webhooks in",
        answer=ShownReceipt, body_max=BATCH_MAX, public=True, refusals=(401, 404),
    ),
)  # fmt: skip
