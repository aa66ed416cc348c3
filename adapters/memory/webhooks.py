"""Endpoints of webhooks, their deliveries, and every attempt at one."""

from collections.abc import Collection, Sequence
from datetime import datetime

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import ATTEMPTS, DELIVERIES, ENDPOINTS
from core.kernel.context import Context
from core.kernel.ids import DeliveryId, TenantId, WebhookId
from core.webhooks.delivery import Attempt, Delivery, DeliveryState
from core.webhooks.endpoint import Endpoint
from ports.webhooks import Place


class MemoryEndpoints:
    """See ports.webhooks.Endpoints."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def all(self) -> Sequence[Endpoint]:
        """See the port."""
        await self._session.statement()
        return _endpoints(self._session)

    async def find(self, webhook: WebhookId) -> Endpoint | None:
        """See the port."""
        await self._session.statement()
        return self._session.get(ENDPOINTS, (self._context.tenant, webhook))

    async def held(self, webhook: WebhookId) -> Endpoint | None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, webhook)
        if self._session.get(ENDPOINTS, key) is None:
            return None
        await self._session.lock(ENDPOINTS, key)
        return self._session.get(ENDPOINTS, key)

    async def add(self, endpoint: Endpoint) -> None:
        """See the port."""
        await self._session.statement()
        await self._session.insert(ENDPOINTS, (endpoint.tenant, endpoint.id), endpoint)

    async def save(self, endpoint: Endpoint) -> None:
        """See the port."""
        await self._session.statement()
        await self._session.put(ENDPOINTS, (endpoint.tenant, endpoint.id), endpoint)

    async def remove(self, webhook: WebhookId) -> None:
        """See the port."""
        await self._session.statement()
        await self._session.delete(ENDPOINTS, (self._context.tenant, webhook))


class MemoryDeliveries:
    """See ports.webhooks.Deliveries."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def add(self, deliveries: Sequence[Delivery]) -> Collection[DeliveryId]:
        """See the port."""
        await self._session.statement()
        fresh: set[DeliveryId] = set()
        for delivery in deliveries:
            if await self._session.insert(DELIVERIES, (delivery.tenant, delivery.id), delivery):
                fresh.add(delivery.id)
        return fresh

    async def held(self, deliveries: Collection[DeliveryId]) -> Sequence[Delivery]:
        """See the port."""
        await self._session.statement()
        return await self._held(sorted(deliveries))

    async def held_failed(self, webhook: WebhookId, since: datetime, limit: int) -> Sequence[Delivery]:
        """See the port."""
        await self._session.statement()
        failed = sorted(
            (one.created_at, one.id)
            for _, one in self._session.scan(DELIVERIES)
            if one.endpoint == webhook and one.state is DeliveryState.FAILED and one.created_at >= since
        )
        held = await self._held([delivery for _, delivery in failed[:limit]])
        return [delivery for delivery in held if delivery.state is DeliveryState.FAILED]

    async def save(self, deliveries: Sequence[Delivery]) -> None:
        """See the port."""
        await self._session.statement()
        for delivery in deliveries:
            await self._session.put(DELIVERIES, (delivery.tenant, delivery.id), delivery)

    async def log(self, tenant: TenantId, attempt: Attempt) -> None:
        """See the port."""
        await self._session.statement()
        if not await self._session.insert(ATTEMPTS, (tenant, attempt.delivery, attempt.number), attempt):
            raise self._session.refuse("there is an attempt with this number")

    async def _held(self, deliveries: Sequence[DeliveryId]) -> list[Delivery]:
        found: list[Delivery] = []
        for delivery in deliveries:
            key = (self._context.tenant, delivery)
            if self._session.get(DELIVERIES, key) is not None:
                await self._session.lock(DELIVERIES, key)
            if (row := self._session.get(DELIVERIES, key)) is not None:
                found.append(row)
        return found


class MemoryWebhooksView:
    """See ports.webhooks.WebhooksView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def endpoints(self, tenant: TenantId) -> Sequence[Endpoint]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return _endpoints(session)

    async def endpoint(self, tenant: TenantId, webhook: WebhookId) -> Endpoint | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return session.get(ENDPOINTS, (tenant, webhook))

    async def deliveries(
        self, tenant: TenantId, webhook: WebhookId, *, state: DeliveryState | None, before: Place, limit: int
    ) -> Sequence[Delivery]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = [
                one for _, one in session.scan(DELIVERIES) if one.endpoint == webhook and state in (None, one.state)
            ]
        older = [one for one in found if (one.created_at, one.id) < before]
        return sorted(older, key=lambda one: (one.created_at, one.id), reverse=True)[:limit]

    async def delivery(self, tenant: TenantId, delivery: DeliveryId) -> Delivery | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return session.get(DELIVERIES, (tenant, delivery))

    async def attempts(self, tenant: TenantId, delivery: DeliveryId) -> Sequence[Attempt]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = [one for _, one in session.scan(ATTEMPTS) if one.delivery == delivery]
        return sorted(found, key=lambda one: one.number)


def _endpoints(session: Session) -> list[Endpoint]:
    return sorted((one for _, one in session.scan(ENDPOINTS)), key=lambda one: one.id)
