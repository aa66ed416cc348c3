"""Endpoints, deliveries, and calling them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from core.kernel.ids import DeliveryId, TenantId, WebhookId
from core.webhooks.delivery import Answer, Attempt, Delivery, DeliveryState
from core.webhooks.endpoint import Endpoint
from ports.journal import Journal
from ports.queue import Queue

Place = tuple[datetime, str]
"""Where a delivery stands in a list: when it began, its id."""
END: Place = (datetime.max.replace(tzinfo=UTC), "ffffffff-ffff-ffff-ffff-ffffffffffff")
"""Behind all of them."""


class Endpoints(Protocol):
    """The endpoints of the context's tenants, part of a transaction."""

    async def all(self) -> Sequence[Endpoint]:
        """Each of every tenant, oldest first."""
        ...

    async def find(self, webhook: WebhookId) -> Endpoint | None:
        """The endpoint as it is, or None."""
        ...

    async def held(self, webhook: WebhookId) -> Endpoint | None:
        """The endpoint, which nobody else changes until the transaction ends, or None."""
        ...

    async def add(self, endpoint: Endpoint) -> None:
        """Keep a new endpoint."""
        ...

    async def save(self, endpoint: Endpoint) -> None:
        """Keep an endpoint that is held."""
        ...

    async def remove(self, webhook: WebhookId) -> None:
        """Forget an endpoint that is held; its deliveries stay until their time is over."""
        ...


class Deliveries(Protocol):
    """The deliveries of the context's tenants, part of a transaction."""

    async def add(self, deliveries: Sequence[Delivery]) -> Collection[DeliveryId]:
        """Keep those there are none of with their id yet; answers which they are."""
        ...

    async def held(self, deliveries: Collection[DeliveryId]) -> Sequence[Delivery]:
        """Those there are, which nobody else changes until the transaction ends."""
        ...

    async def held_failed(self, webhook: WebhookId, since: datetime, limit: int) -> Sequence[Delivery]:
        """Up to ``limit`` failed ones to the endpoint that began at ``since`` or later, oldest first, held."""
        ...

    async def save(self, deliveries: Sequence[Delivery]) -> None:
        """Keep deliveries that are held."""
        ...

    async def log(self, tenant: TenantId, attempt: Attempt) -> None:
        """Keep an attempt. Raises TransactionConflict for one whose number is taken."""
        ...


class WebhooksTransaction(Protocol):
    """What webhooks may touch."""

    @property
    def endpoints(self) -> Endpoints: ...

    @property
    def deliveries(self) -> Deliveries: ...

    @property
    def queue(self) -> Queue: ...

    @property
    def journal(self) -> Journal: ...


class WebhooksView(Protocol):
    """Looking at endpoints and what became of their deliveries."""

    async def endpoints(self, tenant: TenantId) -> Sequence[Endpoint]:
        """The tenant's, oldest first."""
        ...

    async def endpoint(self, tenant: TenantId, webhook: WebhookId) -> Endpoint | None:
        """One of the tenant's, or None."""
        ...

    async def deliveries(
        self, tenant: TenantId, webhook: WebhookId, *, state: DeliveryState | None, before: Place, limit: int
    ) -> Sequence[Delivery]:
        """Deliveries to one endpoint that began before ``before``, the last that began first."""
        ...

    async def delivery(self, tenant: TenantId, delivery: DeliveryId) -> Delivery | None:
        """One of the tenant's deliveries, or None."""
        ...

    async def attempts(self, tenant: TenantId, delivery: DeliveryId) -> Sequence[Attempt]:
        """Every attempt of a delivery, oldest first."""
        ...


class WebhookCaller(Protocol):
    """Calls endpoints. Goes to the open internet and the installation's own networks, nowhere else."""

    async def check(self, url: str) -> None:
        """Raises ForbiddenTarget unless ``url`` resolves now, to where calls may go."""
        ...

    async def call(self, webhook: WebhookId, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST ``body``. Whatever goes wrong is in the answer; it comes within some 20 seconds."""
        ...
