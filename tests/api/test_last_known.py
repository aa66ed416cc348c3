"""While the storage is away, what was known last is told again, marked as what it is; nothing else is."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.memory.cache import MemoryCache
from entrypoints.http.app import Application, create_app
from entrypoints.http.parts import Views
from entrypoints.http.routes import CATALOGUE_KNOWN, STOCK_KNOWN
from ports.cache import Cache
from ports.storage import CommitUnknown, StorageUnavailable
from tests.api.world import Caller, World, stocked

WARNING = '110 fluxor "Response is Stale"'


class Moment:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 26, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class Away:
    """A view of a storage that is away: whatever it is asked raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        async def asked(*_: object, **__: object) -> Any:
            raise self._error

        return asked


@pytest.fixture
def clock() -> Moment:
    return Moment()


def app_of(world: World, clock: Moment, caches: Sequence[Cache], away: Exception | None = None) -> Application:
    """The application, over a storage that is ``away``."""
    parts = replace(world.http.parts(), clock=clock, caches=caches)
    if away is None:
        return create_app(parts)
    gone: Any = Away(away)
    return create_app(replace(parts, views=Views(**{field.name: gone for field in fields(Views)})))


READ = [
    ("/stock", STOCK_KNOWN),
    ("/stock/SKU-A", STOCK_KNOWN),
    ("/stock/SKU-A/promise", STOCK_KNOWN),
    ("/inventory?limit=3", STOCK_KNOWN),
    ("/catalogue/items", CATALOGUE_KNOWN),
    ("/locations", CATALOGUE_KNOWN),
]


@pytest.mark.parametrize(("path", "known_for"), READ)
def test_what_was_known_last_is_told_again_as_old(
    world: World, shop: Caller, clock: Moment, path: str, known_for: timedelta
) -> None:
    caches = [MemoryCache(clock.now)]
    fresh = shop("GET", path, app=app_of(world, clock, caches))
    assert (fresh.status_code, "warning" in fresh.headers, "age" in fresh.headers) == (200, False, False)
    clock.moment += timedelta(seconds=42)
    away = app_of(world, clock, caches, StorageUnavailable("gone"))
    old = shop("GET", path, app=away)
    assert (old.status_code, old.content) == (200, fresh.content)
    assert (old.headers["warning"], old.headers["age"]) == (WARNING, "42")
    assert world.telemetry.counts["http_stale_answers_total", ()]
    clock.moment += known_for - timedelta(seconds=42)
    world.telemetry.counts.clear()
    assert shop("GET", path, app=away).status_code == 503
    assert not world.telemetry.counts["http_stale_answers_total", ()]


def test_one_item_is_known_by_its_id(world: World, shop: Caller, clock: Moment) -> None:
    caches = [MemoryCache(clock.now)]
    here, away = app_of(world, clock, caches), app_of(world, clock, caches, StorageUnavailable("gone"))
    (item,) = shop.ok("GET", "/catalogue/items?sku=SKU-A", app=here)["items"]
    path = f"/catalogue/items/{item['id']}"
    assert shop("GET", path, app=away).status_code == 503
    assert shop.ok("GET", path, app=here) == shop.ok("GET", path, app=away) == item


def test_what_was_asked_differently_or_by_others_is_not_it(world: World, shop: Caller, clock: Moment) -> None:
    caches = [MemoryCache(clock.now)]
    here, away = app_of(world, clock, caches), app_of(world, clock, caches, StorageUnavailable("gone"))
    shop.ok("GET", "/stock?sku=SKU-A", app=here)
    shop.ok("GET", "/stock/SKU-A", app=here)
    other = stocked(world.tenant("other"))
    blind = world.caller(shop.tenant, frozenset())
    for caller, path, status in (
        (shop, "/stock?sku=SKU-B", 503),
        (shop, "/stock", 503),
        (shop, "/stock/SKU-B", 503),
        (other, "/stock?sku=SKU-A", 503),
        (other, "/stock/SKU-A", 503),
        (blind, "/stock/SKU-A", 403),
    ):
        assert caller("GET", path, app=away).status_code == status, path


def test_what_is_not_there_is_not_remembered(world: World, shop: Caller, clock: Moment) -> None:
    caches = [MemoryCache(clock.now)]
    assert shop("GET", "/stock/NOTHING", app=app_of(world, clock, caches)).status_code == 404
    away = app_of(world, clock, caches, StorageUnavailable("gone"))
    assert shop("GET", "/stock/NOTHING", app=away).status_code == 503


def test_only_a_storage_that_is_away_is_a_reason(world: World, shop: Caller, clock: Moment) -> None:
    caches = [MemoryCache(clock.now)]
    shop.ok("GET", "/stock", app=app_of(world, clock, caches))
    assert shop("GET", "/stock", app=app_of(world, clock, caches, CommitUnknown("cut"))).status_code == 503
    assert shop("GET", "/stock", app=app_of(world, clock, caches, ZeroDivisionError("a bug"))).status_code == 500


def test_another_process_knows_what_all_remember(world: World, shop: Caller, clock: Moment) -> None:
    shared = MemoryCache(clock.now)
    fresh = shop.ok("GET", "/stock", app=app_of(world, clock, [MemoryCache(clock.now), shared]))
    newcomer = app_of(world, clock, [MemoryCache(clock.now), shared], StorageUnavailable("gone"))
    old = shop("GET", "/stock", app=newcomer)
    assert (old.json(), old.headers["warning"]) == (fresh, WARNING)
