"""A source: who calls, how he signs, and with what."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.ingress.scheme import SchemeName, check_secret
from core.kernel.errors import Conflict, NotFound
from core.kernel.ids import SourceId, TenantId
from core.kernel.value import value

SOURCES_MAX = 100
OLD_SECRET_COUNTS = timedelta(hours=24)


class SourceNotFound(NotFound):
    """No source with this id."""

    code = "source_not_found"


class TooManySources(Conflict):
    """The tenant has as many sources as it may."""

    code = "too_many_sources"


@value
class Source:
    """``old_secret`` is believed until ``old_until``. ``version`` counts its events."""

    id: SourceId
    tenant: TenantId
    scheme: SchemeName
    name: str
    secret: str
    created_at: datetime
    old_secret: str | None = None
    old_until: datetime | None = None
    version: int = 1


@value
class AddSource:
    """Believe whoever signs with ``secret`` as ``scheme`` has it."""

    scheme: SchemeName
    name: str
    secret: str


@value
class ReplaceSourceSecret:
    """The source signs with another secret from now on; the one before it is believed for a day more."""

    id: SourceId
    secret: str


@value
class RemoveSource:
    """Believe the source no more."""

    id: SourceId


@value
class SourceAdded:
    """Somebody may tell us things."""

    source_id: SourceId
    scheme: SchemeName
    name: str


@value
class SourceSecretReplaced:
    """The source has another secret; the old one is believed until then."""

    source_id: SourceId
    old_counts_until: datetime


@value
class SourceRemoved:
    """Nobody is believed as this source any more."""

    source_id: SourceId


def add(command: AddSource, source: SourceId, tenant: TenantId, now: datetime) -> Source:
    """The source to keep. Raises BadSecret."""
    check_secret(command.scheme, command.secret)
    return Source(
        id=source, tenant=tenant, scheme=command.scheme, name=command.name, secret=command.secret, created_at=now
    )


def with_secret(source: Source, secret: str, now: datetime) -> tuple[Source, SourceSecretReplaced]:
    """With another secret, and the one before it for a day more. Raises BadSecret."""
    check_secret(source.scheme, secret)
    until = now + OLD_SECRET_COUNTS
    changed = replace(source, secret=secret, old_secret=source.secret, old_until=until, version=source.version + 1)
    return changed, SourceSecretReplaced(source_id=source.id, old_counts_until=until)


def secrets_at(source: Source, now: datetime) -> list[str]:
    """Those that are believed at ``now``."""
    old_counts = source.old_secret is not None and source.old_until is not None and now < source.old_until
    return [source.secret, *([source.old_secret] if old_counts and source.old_secret else [])]
