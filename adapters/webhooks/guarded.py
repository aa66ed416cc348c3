"""An endpoint that fails again and again is left alone for a while: whoever would call it is answered at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.toolkit.breaker import Breaker, BreakerOpen, Limits
from core.kernel.ids import WebhookId
from core.webhooks.delivery import Answer
from ports.clock import Clock
from ports.telemetry import Telemetry
from ports.webhooks import WebhookCaller

SERVER_TROUBLE = 500
LIMITS = Limits(share=0.5)
FORGOTTEN_AFTER = timedelta(minutes=10)
NAME = "webhooks"


class _Trouble(Exception):
    """The endpoint is in trouble, not its caller."""


class GuardedCaller:
    """See ports.webhooks.WebhookCaller: calls through ``inner``, a breaker for each endpoint, in this process alone."""

    def __init__(self, inner: WebhookCaller, clock: Clock, telemetry: Telemetry) -> None:
        self._inner = inner
        self._clock = clock
        self._telemetry = telemetry
        self._watched: dict[WebhookId, _Watched] = {}

    async def check(self, url: str) -> None:
        """See the port."""
        await self._inner.check(url)

    async def call(self, webhook: WebhookId, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See the port."""
        now = self._clock.now()
        watched = self._watched.get(webhook)
        if watched is None:
            watched = self._watched[webhook] = _Watched(Breaker(LIMITS, self._clock, self._happened), now)
        watched.calls, watched.last = watched.calls + 1, now
        answer: Answer | None = None
        try:
            async with watched.breaker.calling():
                answer = await self._inner.call(webhook, url, headers, body)
                if answer.status is None or answer.status >= SERVER_TROUBLE:
                    raise _Trouble
        except _Trouble:
            assert answer is not None, "trouble is what an answer told of"
        except BreakerOpen as refusal:
            return Answer(status=None, error=str(refusal), body=b"", took_ms=0, retry_after=refusal.retry_after)
        finally:
            watched.calls -= 1
            self._look_round()
        return answer

    def _look_round(self) -> None:
        """Forget who is well, and whom nobody has called for long; tell of the others."""
        now = self._clock.now()
        for webhook, watched in list(self._watched.items()):
            if watched.calls == 0 and (watched.breaker.calm or now - watched.last > FORGOTTEN_AFTER):
                del self._watched[webhook]
        for state in ("open", "half-open"):
            number = sum(watched.breaker.state == state for watched in self._watched.values())
            self._telemetry.gauge("circuit_breakers", number, breaker=NAME, state=state)

    def _happened(self, event: str) -> None:
        self._telemetry.count("circuit_breaker_total", breaker=NAME, event=event)


@dataclass(slots=True)
class _Watched:
    """A breaker, how many calls are under way through it, and when the last began."""

    breaker: Breaker
    last: datetime
    calls: int = 0
