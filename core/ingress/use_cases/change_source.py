"""Add a source, replace its secret, remove it."""

from core.ingress.source import (
    SOURCES_MAX,
    AddSource,
    RemoveSource,
    ReplaceSourceSecret,
    Source,
    SourceAdded,
    SourceNotFound,
    SourceRemoved,
    TooManySources,
    add,
    with_secret,
)
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import NewId, SourceId, StreamId
from ports.ingress import IngressTransaction


async def add_source(command: AddSource, context: Context, tx: IngressTransaction, *, new_id: NewId) -> Source:
    """The source, which is believed from now on. Raises BadSecret, TooManySources."""
    source = add(command, SourceId(new_id()), context.tenant, context.now)
    if await tx.sources.number() >= SOURCES_MAX:
        raise TooManySources(f"a tenant has at most {SOURCES_MAX} sources")
    await tx.sources.add(source)
    event = SourceAdded(source_id=source.id, scheme=source.scheme, name=source.name)
    await _record(source, source.version, event, tx)
    return source


async def replace_source_secret(command: ReplaceSourceSecret, context: Context, tx: IngressTransaction) -> Source:
    """The source with its new secret. Raises SourceNotFound, BadSecret."""
    source, event = with_secret(await _held(command.id, tx), command.secret, context.now)
    await tx.sources.save(source)
    await _record(source, source.version, event, tx)
    return source


async def remove_source(command: RemoveSource, context: Context, tx: IngressTransaction) -> None:
    """Nobody is believed as this source any more. Raises SourceNotFound."""
    source = await _held(command.id, tx)
    await tx.sources.remove(source.id)
    await _record(source, source.version + 1, SourceRemoved(source_id=source.id), tx)


async def _held(source: SourceId, tx: IngressTransaction) -> Source:
    held = await tx.sources.held(source)
    if held is None:
        raise SourceNotFound(f"there is no webhook source {source}")
    return held


async def _record(source: Source, version: int, event: object, tx: IngressTransaction) -> None:
    stream = StreamId(source.id)
    await tx.journal.record([NewEvent(tenant=source.tenant, stream=stream, version=version, body=event)])
