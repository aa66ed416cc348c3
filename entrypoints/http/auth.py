"""Who is asking: from the Authorization header to a Context."""

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta

from core.identity.api_key import ApiKey, read_token
from core.kernel.context import Context
from core.kernel.ids import NewId
from entrypoints.http.cache import Recent
from entrypoints.http.errors import Refused, refused
from ports.clock import Clock
from ports.identity import Credentials

KEYS_KEPT = timedelta(seconds=30)
KEYS_MAX = 10_000
_CORRELATION = re.compile(rb"[\x21-\x7e][\x20-\x7e]{0,127}")


class Authenticator:
    """Checks credentials, remembering good ones by digest for half a minute; a bad one is asked about every time."""

    def __init__(self, credentials: Credentials, clock: Clock, new_id: NewId) -> None:
        self._credentials = credentials
        self._clock = clock
        self._new_id = new_id
        self._recent: Recent[bytes, ApiKey] = Recent(clock, size=KEYS_MAX, kept=KEYS_KEPT)

    async def context(self, headers: Mapping[bytes, bytes], correlation: str) -> Context:
        """The circumstances of a request. Raises Refused (401) without a credential somebody vouches for."""
        key = await self.key(headers)
        return Context(
            tenants=(key.tenant,),
            actor=f"key:{key.id}",
            now=self._clock.now(),
            correlation=correlation,
            scopes=key.scopes,
        )

    async def key(self, headers: Mapping[bytes, bytes]) -> ApiKey:
        """The key the request presents. Raises Refused (401)."""
        header = headers.get(b"authorization")
        if header is None:
            raise _unauthenticated("an API key is required: Authorization: Bearer fx_...")
        digest = hashlib.sha256(header).digest()
        key = self._recent.known(digest, self._clock.now())
        if key is None:
            key = await self._recent.get(digest, lambda: self._find(header))
        if key is None:
            raise _unauthenticated("this API key opens nothing")
        return key

    def forget(self) -> None:
        """Ask anew about every key: one was revoked."""
        self._recent.clear()

    def correlation(self, headers: Mapping[bytes, bytes]) -> str:
        """The caller's X-Request-ID, or a new id when there is none that could stand in a log line."""
        given = headers.get(b"x-request-id")
        if given is not None and _CORRELATION.fullmatch(given):
            return given.decode("ascii")
        return self._new_id()

    async def _find(self, header: bytes) -> ApiKey | None:
        kind, _, token = header.decode("latin-1").partition(" ")
        claim = read_token(token.strip()) if kind.lower() == "bearer" else None
        return await self._credentials.find(*claim) if claim else None


def _unauthenticated(detail: str) -> Refused:
    return refused(401, "unauthenticated", detail, path="Authorization", www_authenticate='Bearer realm="fluxor"')
