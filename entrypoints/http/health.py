"""For probes and scrapers: is it alive, is it ready, what are the numbers."""

from entrypoints.http.fields import Shown
from entrypoints.http.routes import Call, Reply, Route, encode

PROMETHEUS = b"text/plain; version=0.0.4; charset=utf-8"


class ShownCheck(Shown):
    """One check; `error` says what is wrong when it does not pass."""

    ok: bool
    error: str | None


class ShownHealth(Shown):
    """The process, and what it depends on."""

    status: str
    version: str
    environment: str
    checks: dict[str, ShownCheck]


async def live(call: Call) -> Reply:
    """The process answers; it says nothing of what it depends on, so that a restart is not asked for in vain."""
    return call.reply(_health(call, {}))


async def ready(call: Call) -> Reply:
    """Every check by name: 503 when one does not pass, or the process is about to end."""
    checks = {name: ShownCheck(ok=wrong is None, error=wrong) for name, wrong in (await _checks(call)).items()}
    health = _health(call, checks)
    return Reply(status=200 if health.status == "ok" else 503, body=encode(health))


async def metrics(call: Call) -> Reply:
    """All metrics as Prometheus text."""
    return Reply(status=200, body=call.parts.telemetry.render(), media=PROMETHEUS)


async def _checks(call: Call) -> dict[str, str | None]:
    ending = "the process is about to end" if call.parts.shutdown.is_set() else None
    return {**await call.parts.health.checks(), "process": ending}


def _health(call: Call, checks: dict[str, ShownCheck]) -> ShownHealth:
    passed = all(check.ok for check in checks.values())
    return ShownHealth(
        status="ok" if passed else "unavailable",
        version=call.parts.version,
        environment=call.parts.environment,
        checks=checks,
    )


def _ready(path: str) -> Route:
    return Route(
        method="GET", path=path, summary="Is it ready for requests?", handle=ready, tag="health",
        answer=ShownHealth, public=True,
    )  # fmt: skip


ROUTES = (
    _ready("/health"),
    _ready("/health/ready"),
    Route(
        method="GET", path="/health/live", summary="Is the process alive?", handle=live, tag="health",
        answer=ShownHealth, public=True,
    ),
)  # fmt: skip

METRICS = Route(
    method="GET", path="/metrics", summary="Prometheus metrics", handle=metrics, tag="health",
    answer=str, media=PROMETHEUS, public=True,
)  # fmt: skip
