"""An endpoint: where it is, what it wants, how it is proven to, and whether it is called at all."""

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from core.kernel.errors import Conflict, NotFound, Rejected
from core.kernel.event import RecordedEvent
from core.kernel.ids import TenantId, WebhookId
from core.kernel.value import value
from core.webhooks.target import target_of

ENDPOINTS_MAX = 100
EVERYTHING = "*"
TESTED = "webhook.tested.v1"
"""The name on the wire of the event that goes to the one endpoint it is about, whatever that wants."""
OLD_SECRET_COUNTS = timedelta(hours=24)
_FAMILY = re.compile(r"[a-z_]+\.\*")


class WebhookNotFound(NotFound):
    """No endpoint with this id."""

    code = "webhook_not_found"


class UnknownEvent(Rejected):
    """A pattern no event there is matches."""

    code = "unknown_event"


class TooManyWebhooks(Conflict):
    """The tenant has as many endpoints as it may."""

    code = "too_many_webhooks"


class WebhookState(Conflict):
    """The endpoint is so already, or must be otherwise first."""

    code = "webhook_state"


@value
class Secret:
    """A secret that signs; ``until`` is when it signs no more, None: it is the current one."""

    text: str
    until: datetime | None = None


@value
class Endpoint:
    """``events`` are patterns; ``disabled`` says why it is not called, None: it is.

    Since ``failing_since`` every call has failed. ``version`` counts its events. ``secrets``: the current one first.
    """

    id: WebhookId
    tenant: TenantId
    url: str
    description: str
    events: tuple[str, ...]
    secrets: tuple[Secret, ...]
    created_at: datetime
    disabled: str | None = None
    failing_since: datetime | None = None
    version: int = 1


@value
class AddWebhook:
    """Call ``url`` with events that match one of ``events``: a name, a family (``order.*``) or ``*``."""

    url: str
    events: tuple[str, ...]
    description: str = ""


@value
class RemoveWebhook:
    """Call the endpoint no more, and forget it."""

    id: WebhookId


@value
class RotateWebhookSecret:
    """Sign with a new secret; for a day with the one before it as well."""

    id: WebhookId


@value
class EnableWebhook:
    """Call the endpoint again."""

    id: WebhookId


@value
class DisableWebhook:
    """Call the endpoint no more, for the time being."""

    id: WebhookId


@value
class TryWebhook:
    """Send the endpoint an event that says nothing."""

    id: WebhookId


@value
class WebhookAdded:
    """The endpoint is called from now on."""

    webhook_id: WebhookId
    url: str
    events: tuple[str, ...]
    description: str


@value
class WebhookRemoved:
    """The endpoint is gone."""

    webhook_id: WebhookId
    url: str


@value
class WebhookSecretRotated:
    """The endpoint has a new secret; the old one counts until then."""

    webhook_id: WebhookId
    old_counts_until: datetime


@value
class WebhookEnabled:
    """The endpoint is called again."""

    webhook_id: WebhookId


@value
class WebhookDisabled:
    """The endpoint is called no more, because ``reason``."""

    webhook_id: WebhookId
    url: str
    reason: str


@value
class WebhookTested:
    """Somebody asked whether the endpoint hears."""

    webhook_id: WebhookId


def add(
    command: AddWebhook, webhook: WebhookId, tenant: TenantId, secret: str, now: datetime, names: Collection[str]
) -> Endpoint:
    """The endpoint to keep; ``names`` are those of all events. Raises ForbiddenTarget, UnknownEvent."""
    target_of(command.url)
    for number, pattern in enumerate(command.events):
        if not any(matches(pattern, name) for name in names):
            raise UnknownEvent(f"no event there is matches '{pattern}'", path=f"$.events[{number}]")
    return Endpoint(
        id=webhook,
        tenant=tenant,
        url=command.url,
        description=command.description,
        events=tuple(dict.fromkeys(command.events)),
        secrets=(Secret(text=secret),),
        created_at=now,
    )


def known(endpoint: Endpoint | None, webhook: WebhookId) -> Endpoint:
    """The endpoint that was looked for. Raises WebhookNotFound when there is none."""
    if endpoint is None:
        raise WebhookNotFound(f"there is no webhook {webhook}")
    return endpoint


def called(endpoint: Endpoint) -> Endpoint:
    """The endpoint, which is called. Raises WebhookState when it is disabled."""
    if endpoint.disabled is not None:
        raise WebhookState(f"this webhook is disabled: {endpoint.disabled}")
    return endpoint


def matches(pattern: str, name: str) -> bool:
    """Whether events called ``name`` are meant by ``pattern``."""
    if _FAMILY.fullmatch(pattern):
        return name.startswith(pattern[:-1])
    return pattern in (EVERYTHING, name)


def wants(endpoint: Endpoint, event: RecordedEvent) -> bool:
    """Whether the endpoint is to be told of ``event``."""
    if event.name == TESTED:
        return str(event.stream) == str(endpoint.id)
    return any(matches(pattern, event.name) for pattern in endpoint.events)


def rotated(endpoint: Endpoint, secret: str, now: datetime) -> tuple[Endpoint, WebhookSecretRotated]:
    """With a new secret, and the one that was current for a day more: two at most, whatever was there before."""
    until = now + OLD_SECRET_COUNTS
    secrets = (Secret(text=secret), Secret(text=endpoint.secrets[0].text, until=until))
    changed = replace(endpoint, secrets=secrets, version=endpoint.version + 1)
    return changed, WebhookSecretRotated(webhook_id=endpoint.id, old_counts_until=until)


def secrets_at(endpoint: Endpoint, now: datetime) -> list[str]:
    """Those that sign at ``now``, the current one first."""
    return [secret.text for secret in endpoint.secrets if secret.until is None or now < secret.until]


def enabled(endpoint: Endpoint) -> tuple[Endpoint, WebhookEnabled]:
    """Called again, with a clean slate. Raises WebhookState when it is called anyway."""
    if endpoint.disabled is None:
        raise WebhookState("this webhook is enabled already")
    changed = replace(endpoint, disabled=None, failing_since=None, version=endpoint.version + 1)
    return changed, WebhookEnabled(webhook_id=endpoint.id)


def disabled(endpoint: Endpoint, reason: str) -> tuple[Endpoint, WebhookDisabled]:
    """Called no more, because ``reason``. Raises WebhookState when it is not called anyway."""
    if endpoint.disabled is not None:
        raise WebhookState(f"this webhook is disabled already: {endpoint.disabled}")
    changed = replace(endpoint, disabled=reason, version=endpoint.version + 1)
    return changed, WebhookDisabled(webhook_id=endpoint.id, url=endpoint.url, reason=reason)


def tried(endpoint: Endpoint) -> tuple[Endpoint, WebhookTested]:
    """With one more event. Raises WebhookState when it is disabled: nothing would come of it."""
    return replace(called(endpoint), version=endpoint.version + 1), WebhookTested(webhook_id=endpoint.id)
