"""Everything the environment may say to Fluxor, decoded once into one value."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

from core.webhooks.target import Network, networks_of

Port = Annotated[int, Meta(ge=0, le=65535, description="a port number from 0 (any free one) to 65535")]
DatabaseUrl = Annotated[
    str, Meta(pattern=r"^postgres(ql)?://", description="a URL that begins with postgresql:// or postgres://")
]
Processes = Annotated[int, Meta(ge=1, le=256, description="a number of processes from 1 to 256")]
IN_PROCESS = "postgres:"
"""Whoever relays delivers."""
IN_TABLES = "postgres:messages"
"""Events go through a table of messages, and every relay process delivers some."""
QueueUrl = Annotated[
    str,
    Meta(
        pattern=rf"^({IN_PROCESS}|{IN_TABLES}|(rediss?|amqps?|kafka)://.+)$",
        description=f"{IN_PROCESS}, {IN_TABLES}, or a URL that begins with redis://, rediss://, amqp://, amqps:// or kafka://",
    ),
]
CacheUrl = Annotated[str, Meta(pattern=r"^rediss?://", description="a URL that begins with redis:// or rediss://")]
HttpUrl = Annotated[str, Meta(pattern=r"^https?://", description="a URL that begins with http:// or https://")]

_NAMES = {"data_dir": "FLUXOR_DATA_DIR", "shutdown_timeout_seconds": "SHUTDOWN_TIMEOUT"}


class SettingsError(ValueError):
    """A variable is missing or wrong; the message names it, its value and what is expected."""


def _variable(field: str) -> str:
    return _NAMES.get(field, field.upper())


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename=_variable):
    """The settings of one process. A URL that is None means the embedded default."""

    database_url: DatabaseUrl | None = None
    # Migrations run as the owner of the tables, everything else as a role that owns nothing.
    database_owner_url: DatabaseUrl | None = None
    # What carries events from the relay to their subscribers.
    queue_url: QueueUrl = IN_PROCESS
    # What API processes answer while the database is away, remembered by all of them; unset: by each its own.
    cache_url: CacheUrl | None = None
    port: Port = 8080
    metrics_port: Port = 9090
    worker_processes: Processes = 1
    shutdown_timeout_seconds: Annotated[
        float, Meta(ge=0, le=3600, description="seconds from 0 to 3600, such as 30 or 30s")
    ] = 30.0
    log_level: Annotated[
        Literal["debug", "info", "warning", "error", "critical"],
        Meta(description="one of debug, info, warning, error, critical"),
    ] = "info"
    data_dir: Annotated[Path, Meta(description="the path of a folder")]
    # Signs list cursors; processes of one installation share it. Unset: derived from the database's URL.
    cursor_secret: str | None = None
    # Networks of one's own that webhooks may call besides the open internet; http is called there, and any port.
    webhook_networks: Annotated[str, Meta(description="networks such as 10.0.0.0/8, separated by commas")] = ""
    otel_exporter_otlp_endpoint: HttpUrl | None = None
    # A delivered order nothing happens with for so long is closed; 0: only by hand.
    close_after_days: Annotated[int, Meta(ge=0, le=3650, description="days from 0 (never) to 3650")] = 30
    environment: Annotated[
        Literal["development", "test", "staging", "production"],
        Meta(description="one of development, test, staging, production"),
    ] = "development"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Decode ``environment``; an empty variable counts as unset. Raises SettingsError."""
        given = {name: text.strip() for name, text in environment.items() if text.strip()}
        raw = _prepared(given)
        try:
            settings = msgspec.convert(raw, cls, strict=False, dec_hook=_decode_path)
        except msgspec.ValidationError as error:
            raise _explained(error, given) from error
        settings._check_networks()
        return settings

    def _check_networks(self) -> None:
        try:
            _ = self.own_networks
        except ValueError as error:
            raise SettingsError(f"WEBHOOK_NETWORKS={self.webhook_networks!r} is wrong: {error}") from error

    @property
    def own_networks(self) -> tuple[Network, ...]:
        """``webhook_networks``, read."""
        return networks_of([text for text in map(str.strip, self.webhook_networks.split(",")) if text])


def _prepared(given: Mapping[str, str]) -> dict[str, str]:
    """The defaults that depend on other variables, and the spellings that mean the same."""
    raw = dict(given)
    raw.setdefault("FLUXOR_DATA_DIR", _default_data_dir(given))
    if "LOG_LEVEL" in raw:
        raw["LOG_LEVEL"] = raw["LOG_LEVEL"].lower()
    raw["SHUTDOWN_TIMEOUT"] = re.sub(r"^([0-9.]+)s$", r"\1", raw.get("SHUTDOWN_TIMEOUT", "30"))
    if "DATABASE_URL" in raw:
        raw.setdefault("DATABASE_OWNER_URL", raw["DATABASE_URL"])
    elif "DATABASE_OWNER_URL" in raw:
        raise SettingsError("DATABASE_URL is missing: with DATABASE_OWNER_URL set, it must be set as well")
    return raw


def _default_data_dir(given: Mapping[str, str]) -> str:
    # The XDG rule is to ignore a relative path.
    base = given.get("XDG_DATA_HOME", "")
    return f"{base if base.startswith('/') else '~/.local/share'}/fluxor"


def _decode_path(kind: type, text: Any) -> Path:
    if kind is Path and isinstance(text, str):
        return Path(text).expanduser().absolute()
    raise NotImplementedError(f"settings hold no {kind.__name__}")


def _explained(error: msgspec.ValidationError, given: Mapping[str, str]) -> SettingsError:
    place = re.search(r"\$\.(\w+)", str(error))
    name = place.group(1) if place else "the environment"
    # A password may hold any character, so everything between the user and the last @ is hidden.
    shown = re.sub(r"(://[^:]*:).*(?=@)", r"\1***", given.get(name, ""))
    return SettingsError(f"{name}={shown!r} is wrong: expected {_expectations().get(name, str(error))}")


def _expectations() -> dict[str, str]:
    """What each variable should hold, in words, by its name."""
    hints = get_type_hints(Settings, include_extras=True)
    return {
        field.encode_name: description
        for field in msgspec.structs.fields(Settings)
        if (description := _description(hints[field.name])) is not None
    }


def _description(hint: Any) -> str | None:
    for meta in getattr(hint, "__metadata__", ()):
        if isinstance(meta, Meta):
            return meta.description
    for option in getattr(hint, "__args__", ()):
        if (found := _description(option)) is not None:
            return found
    return None
