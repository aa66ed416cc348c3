"""Connections: a small pool of driver connections that act as the app role, with a time limit on everything."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import asyncpg

from adapters.postgres.isolation import APP_ROLE, DISPATCH_ROLE
from core.kernel.ids import TenantId, is_id
from ports.transaction import StorageUnavailable

Connection: TypeAlias = Any
"""An asyncpg connection; the driver ships no types."""
ACQUIRE_SECONDS = 5.0
CARRYING = 3
"""Connections, besides, of one that carries messages: what is sent together goes over two."""
SETTINGS = {
    "jit": "off",
    "timezone": "UTC",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30s",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Every statement here is one index look-up or an array of them. Its plan depends neither on the values, so that it is
made once (planning costs more than running), nor on statistics: a plan made while a table was still empty would
otherwise scan it for ever after. What reads whole tables (the invariants) says so for its own transaction."""
NOT_FOR_THE_DISK = "set_config('synchronous_commit', 'off', true)"
"""In a statement that is a transaction by itself: its commit does not wait, and a crash of the server may undo it."""
UNREACHABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # A schema older or newer than this code: as good as no database until somebody migrates it.
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedObjectError,
    # What the driver says when the server's farewell came between two statements.
    asyncpg.InternalClientError,
    ConnectionError,
    OSError,
    TimeoutError,
)


class Database:
    """At most ``size`` connections to ``url`` (libpq form); ``exhausted`` hears when none came free in time.

    ``name`` is what the server calls the connections in its own statistics and log.
    """

    def __init__(
        self, url: str, size: int, exhausted: Callable[[], None] = lambda: None, *, name: str = "fluxor"
    ) -> None:
        self._url = url
        self._size = size
        self._exhausted = exhausted
        self._name = name
        self._pools: dict[str, asyncpg.Pool] = {}
        self._listening: list[Connection] = []

    async def open(self) -> None:
        """Connect. Raises StorageUnavailable."""
        try:
            # Those of the dispatcher are made when somebody needs them.
            for role, least, most in ((APP_ROLE, 1, self._size), (DISPATCH_ROLE, 0, CARRYING)):
                self._pools[role] = await asyncpg.create_pool(
                    self._url,
                    min_size=least,
                    max_size=most,
                    server_settings={**SETTINGS, "role": role, "application_name": self._name},
                    reset=_no_reset,
                    init=_prepare,
                    command_timeout=35,
                    max_inactive_connection_lifetime=0,
                    max_cached_statement_lifetime=60,
                )
        except UNREACHABLE as error:
            raise StorageUnavailable(f"cannot connect to PostgreSQL: {error}") from error

    async def close(self) -> None:
        """Let every connection go, waiting for those in use."""
        for connection in self._listening:
            drop(connection)
        for pool in self._pools.values():
            await pool.close()

    @asynccontextmanager
    async def acquire(self, role: str = APP_ROLE) -> AsyncIterator[Connection]:
        """A connection outside any transaction. Raises StorageUnavailable when none comes free in time."""
        assert self._pools, "the database is used only while it is open"
        pool = self._pools[role]
        try:
            connection = await pool.acquire(timeout=ACQUIRE_SECONDS)
        except UNREACHABLE as error:
            if isinstance(error, TimeoutError):
                self._exhausted()
            raise StorageUnavailable(f"no database connection: {str(error) or 'none came free in time'}") from error
        try:
            yield connection
        finally:
            await asyncio.shield(pool.release(connection))

    @asynccontextmanager
    async def autocommit(self, role: str = APP_ROLE) -> AsyncIterator[Connection]:
        """For single statements that may as well happen again: all that can go wrong is StorageUnavailable."""
        async with self.acquire(role) as connection:
            try:
                yield connection
            except (*UNREACHABLE, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError) as error:
                drop(connection)
                raise StorageUnavailable(f"the database went away: {error}") from error

    async def listening(self, channel: str, heard: Callable[[str], None], first: str, *arguments: Any) -> Connection:
        """A connection beside the pool, over which ``heard`` gets what is said on ``channel``, until it breaks.

        Before it listens it executes ``first``. Raises StorageUnavailable.
        """
        told, connection = {"application_name": f"{self._name}-listens"}, None
        try:
            connection = await asyncpg.connect(self._url, server_settings=told, timeout=ACQUIRE_SECONDS)
            await connection.execute(first, *arguments)
            await connection.add_listener(channel, lambda *said: heard(said[-1]))
        except BaseException as error:
            if connection is not None:
                drop(connection)
            if isinstance(error, UNREACHABLE):
                raise StorageUnavailable(f"cannot listen to PostgreSQL: {error}") from error
            raise
        self._listening = [*(one for one in self._listening if not one.is_closed()), connection]
        return connection

    def pool_use(self) -> Mapping[str, int]:
        """Connections in use and idle, for metrics."""
        idle = sum(pool.get_idle_size() for pool in self._pools.values())
        return {"in_use": sum(pool.get_size() for pool in self._pools.values()) - idle, "idle": idle}

    @asynccontextmanager
    async def reading(self, *tenants: TenantId) -> AsyncIterator[Connection]:
        """A read-only look at these tenants' rows, each statement by itself consistent."""
        async with self.acquire() as connection, ended(connection, begin_as(tenants)):
            yield connection

    @asynccontextmanager
    async def dispatching(self) -> AsyncIterator[Connection]:
        """A transaction that sees the work and the journal of all tenants, and nothing else."""
        async with self.acquire() as connection, ended(connection, begin_dispatch()):
            yield connection


def begin_as(tenants: tuple[TenantId, ...]) -> str:
    """The statements that begin a transaction confined to ``tenants``."""
    return f"BEGIN; {narrow_to(tenants)}"


def begin_dispatch() -> str:
    """The statements that begin a transaction as the dispatcher."""
    return f"BEGIN; SET LOCAL ROLE {DISPATCH_ROLE}"


def narrow_to(tenants: tuple[TenantId, ...]) -> str:
    """The statement that confines the running transaction to ``tenants`` from here on.

    Ids stand in the text because one simple query is one round trip; each is checked to be a canonical UUID first.
    """
    assert tenants, "a transaction names its tenants"
    assert all(map(is_id, tenants)), "tenant ids are canonical UUIDs"
    return f"SET LOCAL ROLE {APP_ROLE}; SET LOCAL app.tenant_id = '{','.join(tenants)}'"


def columns_of(rows: Iterable[Iterable[Any]]) -> list[list[Any]]:
    """``rows`` (one at least) as an array a column, the way ``unnest`` takes them."""
    return [list(column) for column in zip(*rows, strict=True)]


@asynccontextmanager
async def ended(connection: Connection, begin: str) -> AsyncIterator[None]:
    """Run ``begin``, then end the transaction whatever happens; for transactions that only read or claim."""
    try:
        await connection.execute(begin)
        yield
        await connection.execute("COMMIT")
    except UNREACHABLE as error:
        drop(connection)
        raise StorageUnavailable(f"the database went away: {error}") from error
    except BaseException:
        await rollback(connection)
        raise


async def rollback(connection: Connection) -> None:
    """Undo the running transaction; a connection that cannot be told is closed, which undoes it too."""
    try:
        await asyncio.shield(connection.execute("ROLLBACK", timeout=5))
    except (*UNREACHABLE, asyncpg.PostgresError, asyncio.CancelledError):
        drop(connection)


def drop(connection: Connection) -> None:
    """Close without a word. A connection that broke by itself is no longer the pool's and cannot be closed twice."""
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


async def _no_reset(connection: Connection) -> None:
    """Nothing to reset: settings are transaction-local and every transaction ends before its connection is returned."""


async def _prepare(connection: Connection) -> None:
    """A transaction left open would hold back every reader of the journal: PostgreSQL 17 and later end it."""
    if connection.get_server_version().major >= 17:
        await connection.execute("SET transaction_timeout = '60s'")
