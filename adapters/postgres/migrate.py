"""Bringing a database to the newest schema, as its owner."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from adapters.postgres.isolation import BECOME_ROLES, ROLES
from adapters.postgres.partitions import ensure_partitions
from ports.storage import StorageUnavailable

Answer = TypeVar("Answer")

_LOCK = 7_001_001
"""Advisory lock: two processes that start together migrate one after the other."""


async def migrate(url: str, now: datetime, revision: str = "head") -> str:
    """Bring the database at ``url`` (of its owner) to ``revision``, with partitions; answers the revision it has."""
    return await _as_owner(url, lambda connection: _migrate(connection, now, revision))


async def partitions(url: str, now: datetime) -> list[str]:
    """Create the partitions that are missing; answers their names."""
    return await _as_owner(url, lambda connection: _partitions(connection, now))


def _partitions(connection: Connection, now: datetime) -> list[str]:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    # A new partition needs the whole table for a moment; behind a long reader it must not make every writer wait.
    connection.execute(text("SET LOCAL lock_timeout = '3s'"))
    return ensure_partitions(connection, now)


async def status(url: str) -> tuple[str | None, str]:
    """(the revision the database has, the newest there is)."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return await _as_owner(url, _current), str(head)


async def _as_owner(url: str, work: Callable[[Connection], Answer]) -> Answer:
    engine = create_async_engine(sqlalchemy_url(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    except (OSError, InterfaceError, OperationalError) as error:
        raise StorageUnavailable(f"cannot reach the database as its owner: {error}") from error
    finally:
        await asyncio.shield(engine.dispose())


def sqlalchemy_url(url: str) -> str:
    """The libpq URL ``url`` as SQLAlchemy wants it."""
    return url.replace("postgresql://", "postgresql+asyncpg://", 1).replace("postgres://", "postgresql+asyncpg://", 1)


def _migrate(connection: Connection, now: datetime, revision: str) -> str:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(text(ROLES))
    connection.execute(text(BECOME_ROLES))
    config = _config()
    config.attributes["connection"] = connection
    if revision == "base":
        command.downgrade(config, "base")
        return "base"
    command.upgrade(config, revision)
    ensure_partitions(connection, now)
    return str(_current(connection))


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
