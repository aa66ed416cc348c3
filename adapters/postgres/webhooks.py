"""Endpoints of webhooks, their deliveries, and every attempt at one."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from adapters.postgres.engine import Connection, columns_of
from adapters.toolkit.codec import decode, encode
from core.kernel.context import Context
from core.kernel.ids import DeliveryId, TenantId, WebhookId
from core.webhooks.delivery import Attempt, Delivery, DeliveryState
from core.webhooks.endpoint import Endpoint, Secret

_ENDPOINT = "tenant_id, id, url, description, events, secrets, created_at, disabled, failing_since, version"
ALL = f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE tenant_id = ANY($1::uuid[]) ORDER BY id"
FIND = f"SELECT {_ENDPOINT} FROM webhook_endpoint WHERE tenant_id = $1 AND id = $2"
_HOLD = f"{FIND} FOR UPDATE"
_ADD = f"INSERT INTO webhook_endpoint ({_ENDPOINT}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
_SAVE = """
UPDATE webhook_endpoint SET secrets = $3, disabled = $4, failing_since = $5, version = $6
WHERE tenant_id = $1 AND id = $2
"""
_REMOVE = "DELETE FROM webhook_endpoint WHERE tenant_id = $1 AND id = $2"

DELIVERY = "tenant_id, id, endpoint_id, event_id, name, body, correlation, created_at, state, attempts, detail"
_ADD_DELIVERIES = f"""
INSERT INTO webhook_delivery ({DELIVERY})
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bytea[], $7::text[],
                     $8::timestamptz[], $9::text[], $10::int[], $11::text[])
ON CONFLICT DO NOTHING RETURNING id
"""
_HOLD_DELIVERIES = f"""
SELECT {DELIVERY} FROM webhook_delivery WHERE tenant_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE
"""
_HOLD_FAILED = f"""
SELECT {DELIVERY} FROM webhook_delivery
WHERE tenant_id = $1 AND endpoint_id = $2 AND state = 'failed' AND created_at >= $3
ORDER BY created_at, id LIMIT $4 FOR UPDATE
"""
_SAVE_DELIVERIES = """
UPDATE webhook_delivery d
SET body = n.body, state = n.state, attempts = n.attempts, detail = n.detail, created_at = n.created_at
FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::text[], $5::int[], $6::text[], $7::timestamptz[])
    AS n(tenant_id, id, body, state, attempts, detail, created_at)
WHERE d.tenant_id = n.tenant_id AND d.id = n.id
"""

ATTEMPT = "delivery_id, number, at, took_ms, status, error, response"
_LOG = f"INSERT INTO webhook_attempt (tenant_id, {ATTEMPT}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"


class PostgresEndpoints:
    """See ports.webhooks.Endpoints."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def all(self) -> Sequence[Endpoint]:
        """See the port."""
        return [to_endpoint(row) for row in await self._connection.fetch(ALL, self._context.tenants)]

    async def find(self, webhook: WebhookId) -> Endpoint | None:
        """See the port."""
        row = await self._connection.fetchrow(FIND, self._context.tenant, webhook)
        return None if row is None else to_endpoint(row)

    async def held(self, webhook: WebhookId) -> Endpoint | None:
        """See the port."""
        row = await self._connection.fetchrow(_HOLD, self._context.tenant, webhook)
        return None if row is None else to_endpoint(row)

    async def add(self, endpoint: Endpoint) -> None:
        """See the port."""
        await self._connection.execute(
            _ADD,
            endpoint.tenant,
            endpoint.id,
            endpoint.url,
            endpoint.description,
            endpoint.events,
            encode(endpoint.secrets),
            endpoint.created_at,
            endpoint.disabled,
            endpoint.failing_since,
            endpoint.version,
        )

    async def save(self, endpoint: Endpoint) -> None:
        """See the port."""
        await self._connection.execute(
            _SAVE,
            endpoint.tenant,
            endpoint.id,
            encode(endpoint.secrets),
            endpoint.disabled,
            endpoint.failing_since,
            endpoint.version,
        )

    async def remove(self, webhook: WebhookId) -> None:
        """See the port."""
        await self._connection.execute(_REMOVE, self._context.tenant, webhook)


class PostgresDeliveries:
    """See ports.webhooks.Deliveries."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def add(self, deliveries: Sequence[Delivery]) -> Collection[DeliveryId]:
        """See the port."""
        rows = await self._connection.fetch(_ADD_DELIVERIES, *columns_of(map(_row_of, deliveries)))
        return {DeliveryId(str(row["id"])) for row in rows}

    async def held(self, deliveries: Collection[DeliveryId]) -> Sequence[Delivery]:
        """See the port."""
        rows = await self._connection.fetch(_HOLD_DELIVERIES, self._context.tenant, list(deliveries))
        return [to_delivery(row) for row in rows]

    async def held_failed(self, webhook: WebhookId, since: datetime, limit: int) -> Sequence[Delivery]:
        """See the port."""
        rows = await self._connection.fetch(_HOLD_FAILED, self._context.tenant, webhook, since, limit)
        return [to_delivery(row) for row in rows]

    async def save(self, deliveries: Sequence[Delivery]) -> None:
        """See the port."""
        if deliveries:
            rows = [
                (one.tenant, one.id, one.body, one.state, one.attempts, one.detail, one.created_at)
                for one in deliveries
            ]
            await self._connection.execute(_SAVE_DELIVERIES, *columns_of(rows))

    async def log(self, tenant: TenantId, attempt: Attempt) -> None:
        """See the port."""
        await self._connection.execute(
            _LOG,
            tenant,
            attempt.delivery,
            attempt.number,
            attempt.at,
            attempt.took_ms,
            attempt.status,
            attempt.error,
            attempt.response,
        )


def _row_of(one: Delivery) -> tuple[Any, ...]:
    return (
        one.tenant,
        one.id,
        one.endpoint,
        one.event,
        one.name,
        one.body,
        one.correlation,
        one.created_at,
        one.state,
        one.attempts,
        one.detail,
    )


def to_endpoint(row: Any) -> Endpoint:
    """The endpoint of a row."""
    return Endpoint(
        id=WebhookId(str(row["id"])),
        tenant=TenantId(str(row["tenant_id"])),
        url=row["url"],
        description=row["description"],
        events=tuple(row["events"]),
        secrets=decode(tuple[Secret, ...], row["secrets"]),
        created_at=row["created_at"],
        disabled=row["disabled"],
        failing_since=row["failing_since"],
        version=row["version"],
    )


def to_delivery(row: Any) -> Delivery:
    """The delivery of a row."""
    return Delivery(
        id=DeliveryId(str(row["id"])),
        tenant=TenantId(str(row["tenant_id"])),
        endpoint=WebhookId(str(row["endpoint_id"])),
        event=str(row["event_id"]),
        name=row["name"],
        body=row["body"],
        correlation=row["correlation"],
        created_at=row["created_at"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        detail=row["detail"],
    )
