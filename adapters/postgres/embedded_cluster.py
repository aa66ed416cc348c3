"""The files of the embedded server: who may read them, the database cluster, its settings, its socket."""

import hashlib
import os
import pwd
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from adapters.postgres.embedded_tools import BIN_PATH, run_tool

SOCKET_NAME = ".s.PGSQL.5432"

_SOCKET_PATH_LIMIT = 100  # bytes; Linux allows 107, macOS 103
_SETTINGS_FILE = "fluxor.conf"
_SETTINGS = """\
# Written by Fluxor at every start. Use ALTER SYSTEM to change a setting for good.
listen_addresses = ''
unix_socket_permissions = 0700
shared_buffers = 512MB
huge_pages = try
max_connections = 120
fsync = on
synchronous_commit = on
max_wal_size = 4GB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
random_page_cost = 1.1
jit = off
idle_in_transaction_session_timeout = 60s
lc_messages = 'C'
timezone = 'UTC'
# Queues and balances are small and rewritten all the time; their tables say how often to clean them. The large tables
# only grow, and no plan here depends on their statistics: they are read for them seldom.
autovacuum_naptime = 15s
autovacuum_analyze_scale_factor = 0.3
autovacuum_vacuum_insert_scale_factor = 1.0
autovacuum_vacuum_cost_delay = 1ms
autovacuum_vacuum_cost_limit = 2000
# A week of log, one file a day.
logging_collector = on
log_directory = '{log_directory}'
log_filename = 'postgres-%a.log'
log_rotation_age = 1d
log_truncate_on_rotation = on
# After a crash everything is brought to disk before anything is redone: file by file, or at one stroke.
recovery_init_sync_method = {sync_method}
"""


def prepare_cluster(home: Path, cluster: Path, user: str | None) -> None:
    """Make sure ``cluster``, a folder in ``home``, is a database cluster with our settings."""
    if user is not None:
        _let_user_in(home, BIN_PATH)
        _make_readable(BIN_PATH.parent)
    if not (cluster / "PG_VERSION").exists():
        _create_cluster(cluster, user)
    logs = home / "log"
    logs.mkdir(mode=0o700, exist_ok=True)
    _give(logs, user)
    _write_settings(cluster, logs, user)


def _create_cluster(cluster: Path, user: str | None) -> None:
    # A half-made cluster has a PG_VERSION too: build it beside and move it into place in one step.
    draft = cluster.with_name("postgres.new")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    _give(draft, user)
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
    # Trust is safe here: the only door is a socket in a folder that nobody else can enter.
    run_tool("initdb", ["-D", draft, "-U", "postgres", "--auth=trust", *locale], draft, user)
    draft.rename(cluster)


def _write_settings(cluster: Path, logs: Path, user: str | None) -> None:
    settings = cluster / _SETTINGS_FILE
    directory, method = str(logs).replace("'", "''"), "syncfs" if sys.platform == "linux" else "fsync"
    settings.write_text(_SETTINGS.format(log_directory=directory, sync_method=method), encoding="utf-8")
    _give(settings, user)
    main = cluster / "postgresql.conf"
    include = f"include = '{_SETTINGS_FILE}'"
    if include not in main.read_text(encoding="utf-8").splitlines():
        with main.open("a", encoding="utf-8") as file:
            file.write(f"\n{include}\n")


def socket_directory(cluster: Path, user: str | None) -> Path:
    """A folder only the server's user can enter, short enough for a socket's path; created when needed.

    Raises RuntimeError when somebody else already has the folder we would use.
    """
    if len(os.fsencode(cluster / SOCKET_NAME)) <= _SOCKET_PATH_LIMIT:
        return cluster
    digest = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"fluxor-{digest}"
    if len(os.fsencode(folder / SOCKET_NAME)) > _SOCKET_PATH_LIMIT:
        folder = Path("/tmp") / folder.name
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        _check_owner(folder, user)
    _give(folder, user)
    if user is not None:
        _let_user_in(folder.parent)
    return folder


def _check_owner(folder: Path, user: str | None) -> None:
    status = folder.lstat()
    ours = {os.geteuid()} if user is None else {os.geteuid(), pwd.getpwnam(user).pw_uid}
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in ours or stat.S_IMODE(status.st_mode) != 0o700:
        raise RuntimeError(f"cannot put the database's socket into {folder}: somebody else made that folder")


def _give(path: Path, user: str | None) -> None:
    if user is not None:
        shutil.chown(path, user, user)


def _let_user_in(*folders: Path) -> None:
    """Allow passing through (not listing) ``folders`` and all those above them."""
    for folder in {above for inner in folders for above in (inner, *inner.parents)}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _make_readable(programs: Path) -> None:
    """Undo a strict umask at installation: the server's user must read and run its own programs."""
    if (BIN_PATH / "postgres").stat().st_mode & stat.S_IROTH:
        return
    for path in (programs, *programs.rglob("*")):
        if not path.is_symlink():
            runnable = stat.S_IXOTH if path.stat().st_mode & stat.S_IXUSR else 0
            path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IROTH | runnable)
