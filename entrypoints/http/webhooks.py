"""Outgoing webhooks: who is called with what, and how a call is proven."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from core.identity.permission import Scope
from core.kernel.ids import WebhookId
from core.webhooks.endpoint import (
    AddWebhook,
    DisableWebhook,
    EnableWebhook,
    Endpoint,
    RemoveWebhook,
    RotateWebhookSecret,
    TryWebhook,
    WebhookNotFound,
    known,
)
from core.webhooks.target import URL_MAX
from entrypoints.http.dead_letters import ShownFate
from entrypoints.http.fields import Body, Shown, known_id
from entrypoints.http.paging import Page
from entrypoints.http.routes import Call, Reply, Route

PATH = "/webhooks"
ONE = f"{PATH}/{{id:str}}"
Url = Annotated[str, Meta(min_length=1, max_length=URL_MAX, examples=["https://erp.example.com/hooks/fluxor"])]
Pattern = Annotated[str, Meta(min_length=1, max_length=100, examples=["order.accepted.v1", "order.*", "*"])]


class NewWebhook(Body):
    """Where to call, and with which events: names, families such as `order.*`, or `*` for all of them."""

    url: Url
    events: Annotated[list[Pattern], Meta(min_length=1, max_length=100)]
    description: Annotated[str, Meta(max_length=200)] = ""


class ShownWebhook(Shown):
    """An endpoint. `status` is enabled or disabled, then `reason` says why; since `failing_since` no call was taken."""

    id: str
    url: str
    events: list[str]
    description: str
    status: str
    reason: str | None
    failing_since: datetime | None
    created_at: datetime


class ShownSecret(ShownWebhook):
    """An endpoint and the secret calls are signed with; it is shown this once."""

    secret: str


async def add_webhook(call: Call) -> Reply:
    """Call an address from now on. The answer holds a secret, so it is not stored for a repetition of the request."""
    body: NewWebhook = call.body
    command = AddWebhook(url=body.url, events=tuple(body.events), description=body.description)
    await call.parts.webhook_caller.check(body.url)
    return await call.run(command, _show_secret, repeatable=False)


async def list_webhooks(call: Call) -> Reply:
    """Every endpoint, oldest first."""
    endpoints = await call.parts.views.webhooks.endpoints(call.tenant)
    return call.reply(Page([show_webhook(endpoint) for endpoint in endpoints]))


async def get_webhook(call: Call) -> Reply:
    """One endpoint."""
    return call.reply(show_webhook(await endpoint_of(call)))


async def remove_webhook(call: Call) -> Reply:
    """Call an address no more, and forget it."""
    webhook = webhook_id(call)
    return await call.run(RemoveWebhook(id=webhook), lambda _: ShownFate(id=webhook, status="removed"))


async def try_webhook(call: Call) -> Reply:
    """Send an event of type `webhook.tested.v1`, whatever the webhook wants; its deliveries say what came of it."""
    return await call.run(TryWebhook(id=webhook_id(call)), show_webhook)


async def enable_webhook(call: Call) -> Reply:
    """Call again. What happened meanwhile can be asked for with `/replay`."""
    return await call.run(EnableWebhook(id=webhook_id(call)), show_webhook)


async def disable_webhook(call: Call) -> Reply:
    """Call no more for the time being."""
    return await call.run(DisableWebhook(id=webhook_id(call)), show_webhook)


async def rotate_secret(call: Call) -> Reply:
    """A new secret. For a day calls are signed with the old one as well."""
    return await call.run(RotateWebhookSecret(id=webhook_id(call)), _show_secret, repeatable=False)


def webhook_id(call: Call) -> WebhookId:
    """The endpoint the path names. Raises WebhookNotFound for what no id looks like."""
    text = call.path["id"]
    return WebhookId(known_id(text, WebhookNotFound(f"there is no webhook {text}")))


async def endpoint_of(call: Call) -> Endpoint:
    """The endpoint the path names. Raises WebhookNotFound."""
    webhook = webhook_id(call)
    return known(await call.parts.views.webhooks.endpoint(call.tenant, webhook), webhook)


def show_webhook(endpoint: Endpoint) -> ShownWebhook:
    """Without its secrets."""
    return ShownWebhook(
        id=endpoint.id,
        url=endpoint.url,
        events=list(endpoint.events),
        description=endpoint.description,
        status="enabled" if endpoint.disabled is None else "disabled",
        reason=endpoint.disabled,
        failing_since=endpoint.failing_since,
        created_at=endpoint.created_at,
    )


def _show_secret(endpoint: Endpoint) -> ShownSecret:
    shown = show_webhook(endpoint)
    known = msgspec.structs.asdict(shown)
    return ShownSecret(**known, secret=endpoint.secrets[0].text)


_READ, _WRITE = Scope.CONFIGURATION_READ, Scope.CONFIGURATION_WRITE
ROUTES = (
    Route(
        method="POST", path=PATH, summary="Add a webhook", handle=add_webhook, tag="webhooks",
        body=NewWebhook, answer=ShownSecret, status=201, scope=_WRITE, refusals=(409, 422),
    ),
    Route(
        method="GET", path=PATH, summary="List webhooks", handle=list_webhooks, tag="webhooks",
        answer=Page[ShownWebhook], scope=_READ,
    ),
    Route(
        method="GET", path=ONE, summary="One webhook", handle=get_webhook, tag="webhooks",
        answer=ShownWebhook, scope=_READ, refusals=(404,),
    ),
    Route(
        method="DELETE", path=ONE, summary="Remove a webhook", handle=remove_webhook, tag="webhooks",
        answer=ShownFate, scope=_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{ONE}/test", summary="Send a test event", handle=try_webhook, tag="webhooks",
        answer=ShownWebhook, status=202, scope=_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{ONE}/enable", summary="Call a webhook again", handle=enable_webhook, tag="webhooks",
        answer=ShownWebhook, scope=_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{ONE}/disable", summary="Call a webhook no more", handle=disable_webhook,
        tag="webhooks", answer=ShownWebhook, scope=_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{ONE}/rotate-secret", summary="Sign with a new secret", handle=rotate_secret,
        tag="webhooks", answer=ShownSecret, scope=_WRITE, refusals=(404, 409, 422),
    ),
)  # fmt: skip
