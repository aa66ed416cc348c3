"""One example of every message about webhooks."""

from datetime import UTC, datetime

from core.kernel.ids import WebhookId
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
    }
