"""The ``fluxor`` command over a database that is there already."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import uvloop
from typer.testing import CliRunner

from entrypoints.cli.main import build
from entrypoints.cli.session import Operations, Session

Opened = Callable[[], AbstractAsyncContextManager[Session]]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Commands on sessions that ``opened`` opens."""

    opened: Opened

    def fluxor(self, *arguments: str, exit_code: int = 0) -> Any:
        """What ``fluxor ARGUMENTS --json`` prints."""
        result = CliRunner().invoke(build(_operations(self.opened)), [*arguments, "--json"])
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout or result.stderr)

    def ask(self, question: Callable[[Session], Any]) -> Any:
        """What ``question`` answers on a session of its own."""

        async def whole() -> Any:
            async with self.opened() as session:
                return await question(session)

        return uvloop.run(whole())


def _operations(opened: Opened) -> Operations:
    def absent(*arguments: object) -> Any:
        raise AssertionError("not part of this journey")

    return Operations(
        version="test",
        session=opened,
        up=absent,
        api=absent,
        worker=absent,
        relay=absent,
        migrate=absent,
        schema_status=absent,
        partitions=absent,
        bench=absent,
        simulate=absent,
    )
