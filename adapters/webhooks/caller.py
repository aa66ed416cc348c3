"""One call, one connection: the name is resolved, every address checked, and just one of those is connected to.

Nothing is resolved a second time, redirects are not followed, and of the answer no more is read than is kept.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from time import monotonic

import httpcore

from core.kernel.ids import WebhookId
from core.webhooks.delivery import RESPONSE_MAX, WORDS_MAX, Answer
from core.webhooks.target import ForbiddenTarget, Network, Target, check, target_of

CONNECT_SECONDS = 5.0
CALL_SECONDS = 15.0
"""For all of a call: within it an endpoint has to take the event, not to work through it."""
RESOLVE_SECONDS = 5.0
RESOLVERS = 32
"""Names looked up at once: a name server that keeps silent must not hold up those who ask another."""
_TIMEOUT = {"connect": CONNECT_SECONDS, "read": CALL_SECONDS, "write": CALL_SECONDS, "pool": CONNECT_SECONDS}
_FAILURES = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    ForbiddenTarget,
    OSError,
    TimeoutError,
    UnicodeError,
)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, in the order they are to be tried; raises OSError."""


class HttpCaller:
    """See ports.webhooks.WebhookCaller. ``own`` are networks of the installation's own that may be called too."""

    def __init__(
        self,
        own: Collection[Network],
        user_agent: str,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._own = own
        self._user_agent = user_agent
        self._resolve = resolve or Resolver()
        self._tls = tls or ssl.create_default_context()

    async def check(self, url: str) -> None:
        """See the port."""
        target = target_of(url)
        try:
            await self._addresses(target)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise ForbiddenTarget(f"{target.host} does not resolve: {_words(error)}", path="$.url") from error

    async def call(self, webhook: WebhookId, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See the port."""
        began, head = monotonic(), _Head()
        try:
            target = target_of(url)
            addresses = await self._addresses(target)
            async with asyncio.timeout(CALL_SECONDS):
                await self._post(target, addresses, headers, body, head)
        except _FAILURES as error:
            # Once there is a status it says what became of the event, however the rest of the answer ends.
            if head.status is None:
                return Answer(status=None, error=_words(error), body=b"", took_ms=_since(began))
        after = retry_after(head.retry_after, datetime.now(UTC))
        return Answer(status=head.status, error=None, body=head.kept, took_ms=_since(began), retry_after=after)

    async def _addresses(self, target: Target) -> Sequence[str]:
        async with asyncio.timeout(RESOLVE_SECONDS):
            addresses = await self._resolve(target.host, target.port)
        check(target, addresses, self._own)
        return addresses

    async def _post(
        self, target: Target, addresses: Sequence[str], headers: Mapping[str, str], body: bytes, head: "_Head"
    ) -> None:
        url = httpcore.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
        )
        sent: dict[bytes | str, bytes | str] = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": self._user_agent,
        }
        sent.update(headers.items())
        pool = httpcore.AsyncConnectionPool(ssl_context=self._tls, network_backend=_Pinned(addresses))
        extensions = {"timeout": _TIMEOUT}
        async with pool, pool.stream("POST", url, headers=sent, content=body, extensions=extensions) as reply:
            asked = [text for name, text in reply.headers if name.lower() == b"retry-after"]
            head.status, head.retry_after = reply.status, b"".join(asked[:1]).decode("latin-1")
            async for part in reply.aiter_stream():
                head.kept += part[: RESPONSE_MAX - len(head.kept)]
                if len(head.kept) == RESPONSE_MAX:
                    return


@dataclass(slots=True)
class _Head:
    """What has come of an answer so far."""

    status: int | None = None
    retry_after: str = ""
    kept: bytes = b""


class _Pinned(httpcore.AsyncNetworkBackend):
    """Connects to the addresses it was given, one after the other, whatever the name says by now."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address that takes one. Raises what the last one raised."""
        *first, last = self._addresses
        for address in first:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)


def retry_after(text: str, now: datetime) -> float | None:
    """The seconds a Retry-After header asks for (RFC 9110, section 10.2.3); None when it says nothing sensible."""
    if text.strip().isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


class Resolver:
    """The system's, on threads of its own: the loop's are few, and others wait for names as well."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolver")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """See Resolve."""
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return list(dict.fromkeys(str(where[0]) for *_, where in found))


def _words(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return text[:WORDS_MAX]


def _since(began: float) -> int:
    return int((monotonic() - began) * 1000)
