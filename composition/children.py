"""The processes of one ``fluxor up``: started, started again when they die, stopped in order."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import IO

from composition.watch import PARENT_PIPE

RESTART_SECONDS = (0.1, 0.5, 2.0, 5.0)
STEADY_SECONDS = 60.0
"""Who has run for so long before dying is started again as soon as the first time."""


class Child:
    """One process that is to be running: ``arguments`` of the fluxor command, output to ``log``."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str], log: Path, pipe: int) -> None:
        self.name = name
        self._arguments = arguments
        self._environment = {**os.environ, **environment, PARENT_PIPE: str(pipe)}
        self._log = log
        self._pipe = pipe
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._deaths = 0
        self._due: float | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self.alive and self._process else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it. A session of its own: Ctrl-C is for the parent, which then stops its children in order."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._started = monotonic()
        output: IO[bytes] = self._log.open("ab")
        with output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "composition.cli", *self._arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(self._pipe,),
                start_new_session=True,
            )
        self._due = None

    def revive(self) -> bool:
        """Start it again if it died and some time has passed since, more each time; answers whether it did.

        Raises OSError when that cannot be done now.
        """
        if self.alive:
            return False
        now = monotonic()
        if self._due is None:
            if now - self._started > STEADY_SECONDS:
                self._deaths = 0
            self._due = now + RESTART_SECONDS[min(self._deaths, len(RESTART_SECONDS) - 1)]
            self._deaths += 1
        if now < self._due:
            return False
        self.start()
        return True

    async def stop(self, seconds: float) -> None:
        """Ask it to finish; after ``seconds`` make it."""
        if self._process is None or not self.alive:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(self._process.wait, seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
