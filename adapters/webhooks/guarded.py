"""An endpoint that fails again and again is left alone for a while: whoever would call it is answered at once."""

from collections.abc import Mapping

from adapters.toolkit.breaker import Breaker, BreakerOpen, Limits
from core.kernel.ids import WebhookId
from core.webhooks.delivery import Answer
from ports.clock import Clock
from ports.telemetry import Telemetry
from ports.webhooks import WebhookCaller

SERVER_TROUBLE = 500
NAME = "webhooks"


class _Trouble(Exception):
    """The endpoint is in trouble, not its caller."""


class GuardedCaller:
    """See ports.webhooks.WebhookCaller: calls through ``inner``, a breaker for each endpoint."""

    def __init__(self, inner: WebhookCaller, clock: Clock, telemetry: Telemetry) -> None:
        self._inner = inner
        self._clock = clock
        self._telemetry = telemetry
        self._troubled: dict[WebhookId, Breaker] = {}

    async def check(self, url: str) -> None:
        """See the port."""
        await self._inner.check(url)

    async def call(self, webhook: WebhookId, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See the port."""
        breaker = self._troubled.get(webhook) or Breaker(Limits(), self._clock, self._happened)
        answer: Answer | None = None
        try:
            async with breaker.calling():
                answer = await self._inner.call(webhook, url, headers, body)
                if answer.status is None or answer.status >= SERVER_TROUBLE:
                    raise _Trouble
        except _Trouble:
            assert answer is not None, "trouble is what an answer told of"
        except BreakerOpen as refusal:
            return Answer(status=None, error=str(refusal), body=b"", took_ms=0, retry_after=refusal.retry_after)
        self._keep(webhook, breaker)
        return answer

    def _keep(self, webhook: WebhookId, breaker: Breaker) -> None:
        """Only those in trouble are kept, and told of."""
        if breaker.calm:
            self._troubled.pop(webhook, None)
        else:
            self._troubled[webhook] = breaker
        for state in ("open", "half-open"):
            number = sum(one.state == state for one in self._troubled.values())
            self._telemetry.gauge("circuit_breakers", number, breaker=NAME, state=state)

    def _happened(self, event: str) -> None:
        self._telemetry.count("circuit_breaker_total", breaker=NAME, event=event)
