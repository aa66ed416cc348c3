"""Orders that cannot be decided: some raise after all was written, some take the process with them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from composition.simulation.faults import PlannedFaults
from composition.simulation.loop import PROCESS
from core.acceptance.facts import Outcome
from core.acceptance.queues import AcceptOrders
from core.kernel.context import Context

FLAKY_FAILURES = 1


class Poisoned(Exception):
    """This order breaks whoever decides it."""


class Poison:
    """``kinds`` names the poisoned wishes by their marker."""

    def __init__(self, faults: PlannedFaults, crash: Callable[[str], None]) -> None:
        self.kinds: dict[str, str] = {}
        self._faults = faults
        self._crash = crash
        self._failures: dict[str, int] = {}

    def guarded(self, use_case: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """The use case, which breaks once everything is written when one of its orders is poisoned."""

        async def run(command: Any, context: Context, tx: Any) -> Any:
            if isinstance(command, AcceptOrders):
                markers = [requested.submission.correlation for requested in command.batch]
                self._kill_if(markers)
            else:
                self._kill_if([command.job.correlation])
            outcomes: Sequence[Outcome] = await use_case(command, context, tx)
            for outcome in outcomes:
                self._break_if(outcome.requested.submission.correlation)
            return outcomes

        return run

    def _kill_if(self, markers: Sequence[str]) -> None:
        if any(self.kinds.get(marker) == "killer" for marker in markers):
            self._faults.injected["killer"] += 1
            self._faults.tell("killer", PROCESS.get())
            self._crash(PROCESS.get())

    def _break_if(self, marker: str) -> None:
        kind = self.kinds.get(marker)
        failures = self._failures.get(marker, 0)
        if kind == "poison" or (kind == "flaky" and failures < FLAKY_FAILURES):
            self._failures[marker] = failures + 1
            self._faults.injected["poison"] += 1
            self._faults.tell("poison", PROCESS.get())
            raise Poisoned(marker)
