"""One example of every message about webhooks, out and in."""

from datetime import UTC, datetime

from core.ingress.notice import NoticeAccepted
from core.ingress.scheme import SchemeName
from core.ingress.source import SourceAdded, SourceRemoved, SourceSecretReplaced
from core.kernel.ids import NoticeId, SourceId, WebhookId
from core.webhooks.endpoint import (
    TESTED,
    WebhookAdded,
    WebhookDisabled,
    WebhookEnabled,
    WebhookRemoved,
    WebhookSecretRotated,
    WebhookTested,
)

_WEBHOOK = WebhookId("019ca6b1-dc00-7000-8000-000000000d01")
_SOURCE = SourceId("019ca6b1-dc00-7000-8000-000000000d02")
_NOTICE = NoticeId("019ca6b1-dc00-7000-8000-000000000d03")
_URL = "https://erp.example.com/hooks/fluxor"


def webhook_samples() -> dict[str, object]:
    """By name on the wire."""
    return {
        "webhook.added.v1": WebhookAdded(
            webhook_id=_WEBHOOK, url=_URL, events=("order.*", "stock.moved.v1"), description="ERP"
        ),
        TESTED: WebhookTested(webhook_id=_WEBHOOK),
        "webhook.secret_rotated.v1": WebhookSecretRotated(
            webhook_id=_WEBHOOK, old_counts_until=datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
        ),
        "webhook.disabled.v1": WebhookDisabled(webhook_id=_WEBHOOK, url=_URL, reason="it answered 410 Gone"),
        "webhook.enabled.v1": WebhookEnabled(webhook_id=_WEBHOOK),
        "webhook.removed.v1": WebhookRemoved(webhook_id=_WEBHOOK, url=_URL),
        "webhook_source.added.v1": SourceAdded(source_id=_SOURCE, scheme=SchemeName.SHOPIFY, name="tea-shop"),
        "webhook_source.secret_replaced.v1": SourceSecretReplaced(
            source_id=_SOURCE, old_counts_until=datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
        ),
        "webhook_source.removed.v1": SourceRemoved(source_id=_SOURCE),
        "notice.accepted.v1": NoticeAccepted(
            notice_id=_NOTICE,
            source_id=_SOURCE,
            topic="orders/updated",
            subject="orders:820982911946154508",
            changed_at=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
        ),
    }
