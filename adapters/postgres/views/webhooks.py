"""Looking at endpoints of webhooks and what became of their deliveries."""

from collections.abc import Sequence
from typing import Any

from adapters.postgres.engine import Database
from adapters.postgres.webhooks import ALL, ATTEMPT, DELIVERY, FIND, to_delivery, to_endpoint
from core.kernel.ids import DeliveryId, TenantId, WebhookId
from core.webhooks.delivery import Attempt, Delivery, DeliveryState
from core.webhooks.endpoint import Endpoint
from ports.webhooks import Place

_NEWEST = f"""
SELECT {DELIVERY} FROM webhook_delivery
WHERE tenant_id = $1 AND endpoint_id = $2 AND (created_at, id) < ($3, $4)
ORDER BY created_at DESC, id DESC LIMIT $5
"""
_NEWEST_IN_STATE = f"""
SELECT {DELIVERY} FROM webhook_delivery
WHERE tenant_id = $1 AND endpoint_id = $2 AND state = $6 AND (created_at, id) < ($3, $4)
ORDER BY created_at DESC, id DESC LIMIT $5
"""
_ONE = f"SELECT {DELIVERY} FROM webhook_delivery WHERE tenant_id = $1 AND id = $2"
_ATTEMPTS = f"SELECT {ATTEMPT} FROM webhook_attempt WHERE tenant_id = $1 AND delivery_id = $2 ORDER BY number"


class PostgresWebhooksView:
    """See ports.webhooks.WebhooksView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def endpoints(self, tenant: TenantId) -> Sequence[Endpoint]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            return [to_endpoint(row) for row in await connection.fetch(ALL, [tenant])]

    async def endpoint(self, tenant: TenantId, webhook: WebhookId) -> Endpoint | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(FIND, tenant, webhook)
        return None if row is None else to_endpoint(row)

    async def deliveries(
        self, tenant: TenantId, webhook: WebhookId, *, state: DeliveryState | None, before: Place, limit: int
    ) -> Sequence[Delivery]:
        """See the port."""
        query, others = (_NEWEST, ()) if state is None else (_NEWEST_IN_STATE, (state,))
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(query, tenant, webhook, *before, limit, *others)
        return [to_delivery(row) for row in rows]

    async def delivery(self, tenant: TenantId, delivery: DeliveryId) -> Delivery | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(_ONE, tenant, delivery)
        return None if row is None else to_delivery(row)

    async def attempts(self, tenant: TenantId, delivery: DeliveryId) -> Sequence[Attempt]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_ATTEMPTS, tenant, delivery)
        return [_to_attempt(row) for row in rows]


def _to_attempt(row: Any) -> Attempt:
    return Attempt(
        delivery=DeliveryId(str(row["delivery_id"])),
        number=row["number"],
        at=row["at"],
        took_ms=row["took_ms"],
        status=row["status"],
        error=row["error"],
        response=row["response"],
    )
