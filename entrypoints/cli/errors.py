"""From what went wrong to an exit code: the command line's one table."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer

from core.kernel.errors import DomainError
from entrypoints.cli.bench.client import MalformedResponse
from entrypoints.cli.bench.cpu import ProcessGone
from entrypoints.cli.bench.pgbench import PgbenchFailed
from entrypoints.cli.bench.setup import SetupRefused
from entrypoints.cli.output import print_error
from ports.broker import BrokerUnavailable
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict


class ExitCode(IntEnum):
    """What a script can tell from the exit code alone."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    NO_STORAGE = 3
    INTERRUPTED = 130


EXITS: tuple[tuple[type[BaseException], str, ExitCode], ...] = (
    (StorageUnavailable, "storage_unavailable", ExitCode.NO_STORAGE),
    (BrokerUnavailable, "broker_unavailable", ExitCode.NO_STORAGE),
    (CommitUnknown, "commit_unknown", ExitCode.NO_STORAGE),
    (TransactionConflict, "transaction_conflict", ExitCode.REFUSED),
    (SetupRefused, "setup_refused", ExitCode.REFUSED),
    (MalformedResponse, "malformed_response", ExitCode.REFUSED),
    (ProcessGone, "process_gone", ExitCode.REFUSED),
    (PgbenchFailed, "pgbench_failed", ExitCode.REFUSED),
    (EOFError, "file_broken", ExitCode.REFUSED),
    (zlib.error, "file_broken", ExitCode.REFUSED),
    (UnicodeError, "file_broken", ExitCode.REFUSED),
    (OSError, "system_error", ExitCode.REFUSED),
    (ValueError, "wrong_setting", ExitCode.USAGE),
    (RuntimeError, "cannot_start", ExitCode.NO_STORAGE),
    (KeyboardInterrupt, "interrupted", ExitCode.INTERRUPTED),
)
"""First match counts. The last ValueError and RuntimeError stand for their named kinds only: see ``_anticipated``."""


@contextmanager
def reported(as_json: bool) -> Iterator[None]:
    """Turn what is anticipated into words on stderr and an exit code; a defect goes on as it is."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except BaseException as error:
        found = exit_of(error)
        if found is None:
            raise
        code, detail, status = found
        print_error(code, detail, as_json=as_json)
        raise typer.Exit(status) from error


def exit_of(error: BaseException) -> tuple[str, str, ExitCode] | None:
    """(code, detail, exit code), or None for what nobody anticipated."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, DomainError):
        return error.code, error.detail, ExitCode.REFUSED
    for kind, code, status in EXITS:
        if isinstance(error, kind) and _anticipated(error):
            return code, str(error) or code.replace("_", " "), status
    return None


def _anticipated(error: BaseException) -> bool:
    """A plain ValueError or RuntimeError is a defect; one with a name of its own was raised to be read."""
    return type(error) not in (ValueError, RuntimeError, NotImplementedError, RecursionError)
