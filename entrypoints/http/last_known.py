"""What was answered last, for when the storage is away or none of its connections comes free: marked as what it is."""

from collections.abc import Sequence

from entrypoints.http.routes import Call, Reply, Route, digest
from ports.cache import Cache
from ports.clock import Clock
from ports.storage import StorageUnavailable
from ports.telemetry import Telemetry

STALE = b'110 fluxor "Response is Stale"'
"""RFC 7234, 5.5.1: whoever asks is told that he sees what was, and by ``Age`` how long ago that was."""
_TIME_BYTES = 8


class LastKnown:
    """Asks, and remembers; ``caches`` are asked one after the other, the nearest first."""

    def __init__(self, caches: Sequence[Cache], clock: Clock, telemetry: Telemetry) -> None:
        self._caches = caches
        self._clock = clock
        self._telemetry = telemetry

    async def reply(self, route: Route, call: Call, query: bytes) -> Reply:
        """The route's answer; that of a while ago when nobody can be asked. Raises what the route does."""
        if route.known_for is None:
            return await route.handle(call)
        key = digest(b"\n".join((call.tenant.encode(), call.target.encode(), query)))
        try:
            reply = await route.handle(call)
        except StorageUnavailable:
            known = await self._recalled(key)
            if known is None:
                raise
            self._telemetry.count("http_stale_answers_total")
            return known
        written = self._seconds().to_bytes(_TIME_BYTES) + reply.body
        for cache in self._caches:
            await cache.put(key, written, route.known_for.total_seconds())
        return reply

    async def _recalled(self, key: bytes) -> Reply | None:
        for cache in self._caches:
            if (written := await cache.get(key)) is not None:
                age = max(0, self._seconds() - int.from_bytes(written[:_TIME_BYTES]))
                headers = ((b"warning", STALE), (b"age", b"%d" % age))
                return Reply(status=200, body=written[_TIME_BYTES:], headers=headers)
        return None

    def _seconds(self) -> int:
        return int(self._clock.now().timestamp())
