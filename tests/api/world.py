"""The world an API test lives in: one application over one database, called without a server."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from adapters.system.clock import SystemClock
from adapters.system.ids import Uuid7
from core.acceptance.queues import AcceptOrders
from core.identity.api_key import IssueApiKey
from core.identity.permission import ALL_SCOPES
from core.intake.submission import Lane
from core.kernel.context import Context
from core.kernel.event import START
from core.kernel.ids import TenantId
from core.tenants.tenant import CreateTenant
from entrypoints.worker.subscribers import InProcessPublisher
from tests.api.recorded import Recorded

T = TypeVar("T")


@dataclass
class World:
    """One database, one application, one event loop, and as many tenants as a test wants."""

    loop: asyncio.AbstractEventLoop
    http: Any
    telemetry: Recorded
    stopping: asyncio.Event
    new_id: Uuid7 = field(default_factory=Uuid7)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for ``work`` on the world's own loop."""
        return self.loop.run_until_complete(work)

    def tenant(self, name: str = "shop", scopes: frozenset[str] = ALL_SCOPES) -> "Caller":
        """A new tenant and the holder of a key to it."""
        tenant = TenantId(self.new_id())
        self.run(self.http.door.dispatch().run(CreateTenant(name=name), self._context(tenant)))
        return self.caller(tenant, scopes)

    def caller(self, tenant: TenantId, scopes: frozenset[str] = ALL_SCOPES) -> "Caller":
        """The holder of a new key."""
        issue = IssueApiKey(name="test", scopes=scopes)
        _, token = self.run(self.http.door.dispatch().run(issue, self._context(tenant)))
        return Caller(self, tenant, token)

    def _context(self, tenant: TenantId) -> Context:
        now = SystemClock().now()
        return Context(tenants=(tenant,), actor="test", now=now, correlation="test", scopes=ALL_SCOPES)


@dataclass
class Caller:
    """Somebody with a key: requests go to /api/v1 unless the path says otherwise."""

    world: World
    tenant: TenantId
    token: str

    def __call__(self, method: str, path: str, body: Any = None, /, **options: Any) -> httpx.Response:
        """Send one request; ``body`` as JSON, or ``content`` as it is."""
        return self.world.run(self.send(method, path, body, **options))

    async def send(self, method: str, path: str, body: Any = None, /, **options: Any) -> httpx.Response:
        """The same from within the world's loop."""
        headers = {"authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        target = path if path.startswith(("/api/", "/health")) else f"/api/v1{path}"
        if body is not None:
            options["json"] = body
        app = options.pop("app", None) or self.world.http.app()
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://fluxor.test") as client:
            return await client.request(method, target, headers=headers, **options)

    def ok(self, method: str, path: str, body: Any = None, /, **options: Any) -> Any:
        """The answer's JSON; it must be a success."""
        answer = self(method, path, body, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text} {self.world.telemetry.errors()}"
        return answer.json()


def stocked(caller: Caller, mark: str = "A") -> Caller:
    """Give ``caller``'s tenant something to sell, all of it marked ``mark``."""
    caller.ok("POST", "/catalogue/items", {"sku": f"SKU-{mark}", "name": f"Thing {mark}"})
    caller.ok("POST", "/locations", {"code": f"LOC-{mark}", "kind": "warehouse"})
    caller.ok("POST", "/stock/receipts", {"sku": f"SKU-{mark}", "location": f"LOC-{mark}", "quantity": 10})
    return caller


def with_lots_and_kits(caller: Caller, mark: str = "A") -> Caller:
    """Give the stocked tenant, besides, an item by lot, one by serial, and a kit of two of the first and one by lot."""
    caller.ok("POST", "/catalogue/items", {"sku": "SKU-L", "name": "By lot", "tracking": "lot"})
    caller.ok("POST", "/catalogue/items", {"sku": "SKU-S", "name": "By serial", "tracking": "serial"})
    components = [{"sku": f"SKU-{mark}", "quantity": 2}, {"sku": "SKU-L", "quantity": 1}]
    caller.ok("POST", "/catalogue/items", {"sku": "SKU-K", "name": "Kit", "components": components})
    (item,) = caller.ok("GET", f"/catalogue/items?sku=SKU-{mark}")["items"]
    caller.ok("PATCH", f"/catalogue/items/{item['id']}", {"units": [{"name": "dozen", "size": 12}]})
    shelf = {"location": f"LOC-{mark}", "quantity": 3}
    caller.ok("POST", "/stock/receipts", {**shelf, "sku": "SKU-L", "lot": "L1", "expires_on": "2999-06-30"})
    caller.ok("POST", "/stock/receipts", {**shelf, "sku": "SKU-L", "lot": "L2", "expires_on": "2999-01-31"})
    caller.ok("POST", "/stock/receipts", {**shelf, "sku": "SKU-S", "lot": "S1", "quantity": 1})
    return caller


def decide(world: World, caller: Caller) -> None:
    """What a worker does with everything that waits."""

    async def work() -> None:
        adapters, door = world.http.adapters, world.http.door
        run = door.use_cases()[AcceptOrders].run
        async with adapters.work().claim(range(16), list(Lane), 100, as_worker(world, caller)) as claimed:
            if claimed.batch:
                await run(AcceptOrders(batch=tuple(claimed.batch)), claimed.context, claimed.transaction)

    world.run(work())


def carry(world: World) -> None:
    """What a relay does with everything the journal holds."""
    adapters, door = world.http.adapters, world.http.door
    publisher = InProcessPublisher(door.dispatch(), adapters.clock(), world.new_id, world.telemetry)

    async def work() -> None:
        cursor = START
        while events := await adapters.feed().read(cursor, 1000):
            await publisher.publish(events)
            cursor = events[-1].cursor

    world.run(work())


def as_worker(world: World, caller: Caller) -> Context:
    """The circumstances of a worker."""
    now = world.http.adapters.clock().now()
    return Context(tenants=(caller.tenant,), actor="worker", now=now, correlation="c", scopes=frozenset())
