"""Sources of incoming webhooks, and what became of their notices."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from core.identity.permission import Scope
from core.ingress.notice import Notice, NoticeState
from core.ingress.scheme import SchemeName
from core.ingress.source import AddSource, RemoveSource, ReplaceSourceSecret, Source, SourceNotFound
from core.kernel.ids import NoticeId, SourceId
from entrypoints.http.dead_letters import ShownFate
from entrypoints.http.fields import Body, Name, Shown, known_id
from entrypoints.http.paging import Page, PageQuery, page_of
from entrypoints.http.routes import Call, Reply, Route

PATH = "/webhook-sources"
ONE = f"{PATH}/{{id:str}}"
_LISTING = "notices"
Secret = Annotated[str, Meta(min_length=1, max_length=500)]


class NewSource(Body):
    """Who will call, how they sign, and the secret they sign with."""

    scheme: SchemeName
    name: Name
    secret: Secret


class NewSecret(Body):
    """The secret the source signs with from now on."""

    secret: Secret


class NoticesQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Only those in one state."""

    status: NoticeState | None = None


class ShownSource(Shown):
    """A source. It calls `path` on this host; its secret is shown to nobody."""

    id: str
    scheme: SchemeName
    name: str
    path: str
    created_at: datetime


class ShownNotice(Shown):
    """What a source said once, and whether it was news: accepted, stale, repeated, failed, or not looked into yet."""

    id: str
    topic: str
    status: NoticeState
    detail: str
    received_at: datetime


class ShownBody(ShownNotice):
    """A notice as it was sent."""

    body: str


async def add_source(call: Call) -> Reply:
    """Believe whoever signs with this secret."""
    body: NewSource = call.body
    return await call.run(AddSource(scheme=body.scheme, name=body.name, secret=body.secret), _show_source)


async def list_sources(call: Call) -> Reply:
    """Every source, oldest first."""
    sources = await call.parts.views.ingress.sources(call.tenant)
    return call.reply(Page([_show_source(source) for source in sources]))


async def replace_secret(call: Call) -> Reply:
    """Another secret; the one before it is believed for a day more. Known everywhere within ten seconds."""
    body: NewSecret = call.body
    try:
        return await call.run(ReplaceSourceSecret(id=_source_id(call), secret=body.secret), _show_source)
    finally:
        call.desk.sources.clear()


async def remove_source(call: Call) -> Reply:
    """Believe a source no more: here at once, in other processes within ten seconds."""
    source = _source_id(call)
    try:
        return await call.run(RemoveSource(id=source), lambda _: ShownFate(id=source, status="removed"))
    finally:
        call.desk.sources.clear()


async def list_notices(call: Call) -> Reply:
    """What a source said, newest first."""
    query: NoticesQuery = call.query
    source = await _source_of(call)
    before = call.place(_LISTING, str) or ""
    rows = await call.parts.views.ingress.notices(
        call.tenant, source.id, state=query.status, before=before, limit=query.limit + 1
    )
    return call.reply(page_of(rows, query.limit, _show_notice, lambda one: call.cursor(_LISTING, one.id)))


async def get_notice(call: Call) -> Reply:
    """A notice with its body."""
    source, text = await _source_of(call), call.path["notice"]
    missing = SourceNotFound(f"there is no notice {text} of source {source.id}")
    notice = await call.parts.views.ingress.notice(call.tenant, NoticeId(known_id(text, missing)))
    if notice is None or notice.source != source.id:
        raise missing
    known = msgspec.structs.asdict(_show_notice(notice))
    return call.reply(ShownBody(**known, body=notice.body.decode(errors="replace")))


def _source_id(call: Call) -> SourceId:
    text = call.path["id"]
    return SourceId(known_id(text, SourceNotFound(f"there is no webhook source {text}")))


async def _source_of(call: Call) -> Source:
    wanted = _source_id(call)
    source = await call.parts.views.ingress.source(call.tenant, wanted)
    if source is None:
        raise SourceNotFound(f"there is no webhook source {wanted}")
    return source


def _show_source(source: Source) -> ShownSource:
    return ShownSource(
        id=source.id,
        scheme=source.scheme,
        name=source.name,
        path=f"/api/v1/inbound/{source.tenant}/{source.id}",
        created_at=source.created_at,
    )


def _show_notice(notice: Notice) -> ShownNotice:
    return ShownNotice(
        id=notice.id,
        topic=notice.topic,
        status=notice.state,
        detail=notice.detail,
        received_at=notice.received_at,
    )


_READ, _WRITE = Scope.CONFIGURATION_READ, Scope.CONFIGURATION_WRITE
ROUTES = (
    Route(
        method="POST", path=PATH, summary="Add a source of webhooks", handle=add_source, tag="webhooks in",
        body=NewSource, answer=ShownSource, status=201, scope=_WRITE, refusals=(409, 422),
    ),
    Route(
        method="GET", path=PATH, summary="List sources", handle=list_sources, tag="webhooks in",
        answer=Page[ShownSource], scope=_READ,
    ),
    Route(
        method="PUT", path=f"{ONE}/secret", summary="Replace a source's secret", handle=replace_secret,
        tag="webhooks in", body=NewSecret, answer=ShownSource, scope=_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="DELETE", path=ONE, summary="Remove a source", handle=remove_source, tag="webhooks in",
        answer=ShownFate, scope=_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="GET", path=f"{ONE}/notices", summary="What a source said", handle=list_notices,
        tag="webhooks in", query=NoticesQuery, answer=Page[ShownNotice], scope=_READ, refusals=(404,),
    ),
    Route(
        method="GET", path=f"{ONE}/notices/{{notice:str}}", summary="A notice with its body", handle=get_notice,
        tag="webhooks in", answer=ShownBody, scope=_READ, refusals=(404,),
    ),
)  # fmt: skip
