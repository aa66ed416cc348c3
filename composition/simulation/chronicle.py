"""Who did what when: what a run is told by once it is short enough to be read."""

from collections.abc import Callable
from dataclasses import dataclass

from adapters.memory.telemetry import MemoryTelemetry
from composition.simulation.loop import PROCESS
from composition.simulation.world import OPENING, World

TOLD = ("command", "order sent", "fault", "buggified", "batch decided", "order failed in its batch", "lease lost")


@dataclass(frozen=True, slots=True)
class Happening:
    """At the virtual second ``at`` the process ``who`` did ``what``, with ``outcome``."""

    at: float
    who: str
    what: str
    outcome: str

    @property
    def words(self) -> str:
        """One line."""
        return f"{self.at:10.3f} s  {self.who:<11} {self.what}: {self.outcome}"


class Chronicle(MemoryTelemetry):
    """Telemetry that keeps what is worth telling, in order."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self.happenings: list[Happening] = []
        self._now = now

    def log(self, level: str, message: str, /, **fields: object) -> None:
        """See the port."""
        super().log(level, message, **fields)
        if message in TOLD and fields.get("actor") != OPENING:
            who = str(fields.get("whose") or PROCESS.get())
            self.happenings.append(Happening(self._now(), who, *_in_words(message, fields)))


def listening(world: World) -> Chronicle:
    """A chronicle of ``world``, in the place of its telemetry."""
    chronicle = Chronicle(world.loop.time)
    world.telemetry = chronicle
    world.faults.tell = lambda kind, whose: chronicle.log("info", "fault", kind=kind, whose=whose)
    world.buggify.tell = lambda point: chronicle.log("info", "buggified", kind=point)
    return chronicle


def _in_words(message: str, fields: dict[str, object]) -> tuple[str, str]:
    match message:
        case "command":
            return f"{fields['command']} for {fields['actor']}", str(fields["outcome"])
        case "order sent":
            return f"the order {fields['wish']} is sent", str(fields["answer"])
        case "fault" | "buggified":
            return message, str(fields["kind"])
        case "batch decided":
            return "a batch is decided", f"{fields['orders']} orders, {fields['failed']} failed"
        case _:
            return message, str(fields.get("error") or fields.get("job") or "")
