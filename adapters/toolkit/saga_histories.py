"""Golden histories: what each version of each saga decides in the stories that matter, as ``contracts/sagas`` keeps it.

A version that ran once may still be running somewhere, so its decisions are a promise: the same words must lead to the
same asks, the same commands in them. A history that is there is never written over; who means to change it takes a new
version.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from adapters.toolkit.codec import encode
from core.kernel.ids import SagaId
from core.sagas.definition import Data, Definition, Definitions
from core.sagas.definitions import DEFINITIONS
from core.sagas.engine import Reaction, begin, react
from core.sagas.hearing import RETRIES
from core.sagas.operating import forgive, retry
from core.sagas.saga import Act, Ask, Refused, Saga, Said, Status, Succeeded, TimedOut

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_PREFIX = "019ca6b1-dc00-7000-8000-00000000000"
ID = SagaId(f"{_PREFIX}c")
REFUSAL, FORGIVEN = "refused", "settled by hand"

SAMPLES: Mapping[str, tuple[Data, Mapping[str, Data]]] = {
    "allocate-to-channel": (
        {
            "sku": "TEA-250",
            "quantity": "2",
            "channel": "shopify",
            "reservation_id": f"{_PREFIX}a",
            "allotment_id": f"{_PREFIX}b",
        },
        {
            "reserve": {
                "parts": [{"item": f"{_PREFIX}1", "location": f"{_PREFIX}2", "lot": f"{_PREFIX}0", "quantity": 2}]
            }
        },
    ),
    "fulfil-order": (
        {
            "order_id": f"{_PREFIX}4",
            "fulfilment_id": f"{_PREFIX}5",
            "answer_seconds": 14400.0,
            "ship_seconds": 172800.0,
        },
        {},
    ),
    "settle-return": (
        {
            "return_id": f"{_PREFIX}6",
            "order_id": f"{_PREFIX}4",
            "method": "refund",
            "note": "by card",
            "reference": f"{_PREFIX}c",
            "goods_seconds": 2592000.0,
            "paid_seconds": 1209600.0,
        },
        {},
    ),
    "transfer-stock": (
        {
            "transfer_id": f"{_PREFIX}7",
            "from": "LEEDS",
            "to": "BERLIN",
            "items": [{"sku": "TEA-250", "quantity": "12", "lot": None}],
            "reason": "for the season",
            "reference": None,
            "ship_on": None,
            "due": "2026-03-08T12:00:00+00:00",
            "arrive_seconds": 691200.0,
        },
        {},
    ),
}
"""What a saga of this name may begin with, and what its steps may answer."""


class Teller:
    """One saga told word by word, and what it made of each."""

    def __init__(self, definition: Definition, data: Data, answers: Mapping[str, Data] | None = None) -> None:
        self.definition = definition
        self.answers = answers or {}
        self.history: list[dict[str, Any]] = []
        self.asks: list[Ask] = []
        self.saga: Saga
        self.take({"started": data}, begin(definition, ID, data, NOW))

    @property
    def moving(self) -> bool:
        """Whether it waits for an answer."""
        return self.saga.status in (Status.RUNNING, Status.COMPENSATING)

    def take(self, word: Mapping[str, Any], reaction: Reaction) -> None:
        """Write down what the saga made of ``word``."""
        self.saga = reaction.saga
        self.history.append({**word, "status": self.saga.status, "asks": self._shown(reaction.ask)})
        if reaction.ask is not None:
            self.asks.append(reaction.ask)

    def _shown(self, ask: Ask | None) -> dict[str, Any] | None:
        if ask is None:
            return None
        step = self.definition.step(ask.step)
        command = step.command if ask.act is Act.DO else step.undo
        assert command is not None, "an undo is asked only where there is one"
        made = command(self.saga.data)
        limit = round((ask.deadline - NOW).total_seconds() - ask.delay_seconds, 3)
        asked = {"step": ask.step, "act": ask.act, "attempt": ask.attempt, "key": ask.key}
        timing = {"delay_seconds": round(ask.delay_seconds, 3), "limit_seconds": limit}
        return {**asked, **timing, "command": type(made).__name__, "with": msgspec.json.decode(encode(made))}

    def say(self, said: Said) -> None:
        """Tell the saga what became of an ask."""
        word = {type(said).__name__.lower(): msgspec.json.decode(encode(said))}
        self.take(word, react(self.definition, self.saga, said, NOW))

    def succeed(self, ask: Ask | None = None) -> None:
        """The ask, or the last one, was carried out."""
        it = ask or self.asks[-1]
        answer = self.answers.get(it.step, {}) if it.act is Act.DO else {}
        self.say(Succeeded(step=it.step, act=it.act, attempt=it.attempt, answer=answer))

    def refuse(self, code: str = REFUSAL) -> None:
        """It was refused."""
        it = self.asks[-1]
        self.say(Refused(step=it.step, act=it.act, attempt=it.attempt, code=code, detail="no"))

    def fall_silent(self) -> None:
        """It was not answered."""
        it = self.asks[-1]
        self.say(TimedOut(step=it.step, act=it.act, attempt=it.attempt))

    def reach(self, step: str) -> None:
        """All goes well up to ``step``, which is asked."""
        while self.asks[-1].step != step:
            self.succeed()

    def finish(self) -> None:
        """All goes well from here."""
        while self.moving:
            self.succeed()

    def forgive(self) -> None:
        """A person forgives."""
        self.take({"forgiven": FORGIVEN}, forgive(self.saga, FORGIVEN))

    def retry(self) -> None:
        """A person asks again."""
        self.take({"retried": {}}, retry(self.definition, self.saga, NOW))


def stories(definition: Definition) -> Iterator[tuple[str, Teller]]:
    """Every story there must be of a definition, told, by its name."""
    data, answers = SAMPLES[definition.name]

    def told(reached: str | None = None) -> Teller:
        teller = Teller(definition, data, answers)
        if reached:
            teller.reach(reached)
        return teller

    whole = told()
    whole.finish()
    yield "completed", whole
    for step in definition.steps:
        refused = told(step.name)
        refused.refuse()
        refused.finish()
        yield f"{step.name}-refused", refused
        silent = told(step.name)
        silent.fall_silent()
        silent.finish()
        yield f"{step.name}-timed-out", silent
        late = told(step.name)
        _late(late, step.nothing_to_undo)
        yield f"{step.name}-succeeded-late", late
        if step.waits:
            looked = told(step.name)
            looked.refuse(min(step.not_yet))
            looked.finish()
            yield f"{step.name}-not-yet", looked
    for name in ("stuck-and-forgiven", "stuck-and-retried"):
        stuck = told(definition.steps[-1].name)
        _get_stuck(stuck)
        stuck.forgive() if name == "stuck-and-forgiven" else stuck.retry()
        stuck.finish()
        yield name, stuck


def _late(teller: Teller, nothing_to_undo: frozenset[str]) -> None:
    """Not answered, given up, and then done after all."""
    ask = teller.asks[-1]
    while teller.asks[-1].step == ask.step and teller.moving:
        if teller.asks[-1].act is Act.DO:
            teller.fall_silent()
        else:
            teller.refuse(min(nothing_to_undo))
    teller.finish()
    teller.succeed(ask)
    teller.finish()


def _get_stuck(teller: Teller) -> None:
    """The last step is refused, and so is the first undo, for good."""
    teller.refuse()
    if teller.asks[-1].act is Act.DO:
        return
    for _ in range(RETRIES.attempts):
        teller.refuse()
    teller.finish()


def replayed(definition: Definition, history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same words said again: what this program makes of each."""
    teller = Teller(definition, history[0]["started"])
    kinds: dict[str, type[Said]] = {"succeeded": Succeeded, "refused": Refused, "timedout": TimedOut}
    for moment in history[1:]:
        word = next(iter(moment))
        if word == "forgiven":
            teller.forgive()
        elif word == "retried":
            teller.retry()
        else:
            teller.say(msgspec.convert(moment[word], kinds[word]))
    decoded: list[dict[str, Any]] = msgspec.json.decode(encode(teller.history))
    return decoded


def history_files(definitions: Definitions = DEFINITIONS) -> dict[str, bytes]:
    """Every history by its place below ``contracts/``."""
    return {
        f"sagas/{definition.name}.v{definition.version}/{name}.json": msgspec.json.format(
            encode(teller.history), indent=2
        )
        + b"\n"
        for definition in definitions.values()
        for name, teller in stories(definition)
    }


def write_histories(folder: Path) -> None:
    """Write the histories that are missing; one that is there stays as it is."""
    for place, body in history_files().items():
        target = folder / place
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
