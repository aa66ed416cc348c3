"""A world for the saga engine: commands that happen once under their key, answers that get lost, late, doubled."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from core.kernel.ids import SagaId
from core.sagas import engine
from core.sagas.definition import Definition, Step
from core.sagas.engine import Reaction, begin
from core.sagas.saga import MOVING, Act, Ask, Refused, Saga, Said, Status, StepState, Succeeded, TimedOut
from tests.support.given import NOW, an_id

ID = SagaId(an_id(9))
NOTHING = "nothing_to_undo"
NOT_YET = "not_yet"


def a_definition(
    steps: int, *, last_has_undo: bool = True, version: int = 1, waits: Collection[int] = ()
) -> Definition:
    """Steps called s0, s1, …; what they command does not matter here. Those in ``waits`` are only waited for."""
    rows = [
        Step(
            name=f"s{number}",
            command=lambda data, number=number: ("do", number),  # type: ignore[misc]
            undo=(lambda data, number=number: ("undo", number))  # type: ignore[misc]
            if number not in waits and (last_has_undo or number < steps - 1)
            else None,
            nothing_to_undo=frozenset({NOTHING}),
            not_yet=frozenset({NOT_YET}) if number in waits else frozenset(),
        )
        for number in range(steps)
    ]
    return Definition(name="errand", version=version, steps=tuple(rows))


@dataclass
class World:
    """``effects`` is the truth; ``refuses`` and ``undo_refuses`` say of which steps, and for how long.

    ``patience``: how often a wait is looked at in vain before what it waits for has happened.
    """

    definition: Definition
    refuses: dict[str, int] = field(default_factory=dict)
    undo_refuses: dict[str, int] = field(default_factory=dict)
    react: Any = None
    patience: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.react = self.react or engine.react
        self.effects: dict[str, int] = {step.name: 0 for step in self.definition.steps}
        self.done_times = dict(self.effects)
        self.answers: dict[str, Succeeded] = {}
        self.said: list[Said] = []
        self.asks: list[Ask] = []
        self.reactions: list[Reaction] = []
        self.first = begin(self.definition, ID, {}, NOW)
        self.saga: Saga = self.first.saga
        self.take(self.first)

    def take(self, reaction: Reaction) -> Reaction:
        """The saga as the reaction leaves it, with what it asks."""
        self.saga = reaction.saga
        self.reactions.append(reaction)
        if reaction.ask is not None:
            self.asks.append(reaction.ask)
        return reaction

    def say(self, said: Said) -> Reaction:
        """Tell the saga; a second telling must change nothing."""
        self.said.append(said)
        reaction = self.take(self.react(self.definition, self.saga, said, NOW))
        again = self.react(self.definition, reaction.saga, said, NOW)
        assert again == Reaction(saga=reaction.saga), f"{said} changed something when it was said again"
        return reaction

    def carry_out(self, ask: Ask) -> Succeeded | Refused:
        """What the ask's command answers; under its key it happens once."""
        if ask.key in self.answers:
            kept = self.answers[ask.key]
            return Succeeded(step=ask.step, act=ask.act, attempt=ask.attempt, answer=kept.answer)
        refusal = self._refusal(ask)
        if refusal is not None:
            return Refused(step=ask.step, act=ask.act, attempt=ask.attempt, code=refusal, detail="no")
        self.effects[ask.step] += 1 if ask.act is Act.DO else -1
        self.done_times[ask.step] += ask.act is Act.DO
        answer = Succeeded(step=ask.step, act=ask.act, attempt=ask.attempt, answer={"n": len(self.answers)})
        self.answers[ask.key] = answer
        return answer

    def _refusal(self, ask: Ask) -> str | None:
        if ask.act is Act.UNDO and not self.effects[ask.step]:
            return NOTHING
        if self.definition.step(ask.step).waits and self.patience.get(ask.step, 0) > 0:
            self.patience[ask.step] -= 1
            return NOT_YET
        left = self.refuses if ask.act is Act.DO else self.undo_refuses
        if left.get(ask.step, 0) > 0:
            left[ask.step] -= 1
            return "out_of_stock"
        return None

    def in_hand(self) -> Ask | None:
        """The ask the saga waits for."""
        return self.asks[-1] if self.saga.status in MOVING else None

    def silence(self) -> None:
        """Let the time of the ask in hand be over."""
        ask = self.in_hand()
        if ask is not None:
            self.say(TimedOut(step=ask.step, act=ask.act, attempt=ask.attempt))

    def check(self) -> None:
        """Whole, or untouched, or stuck with exactly what is listed."""
        saga = self.saga
        own = {step.name for step in self.definition.steps if not step.waits}
        done = {name for name, times in self.effects.items() if times and name in own}
        assert all(times in (0, 1) for times in self.effects.values()), self.effects
        assert all(times <= 1 for times in self.done_times.values()), self.done_times
        match saga.status:
            case Status.COMPLETED:
                assert all(self.effects.values()), saga
            case Status.COMPENSATED:
                assert not done, saga
            case Status.STUCK:
                assert done == set(saga.still_done) & own, saga
                assert done or saga.steps[-1].state is StepState.UNKNOWN, "stuck over nothing"
            case _:
                raise AssertionError(f"it does not end: {saga}")

    def check_replay(self) -> None:
        """The same words give the same saga."""
        saga = self.first.saga
        for said in self.said:
            saga = self.react(self.definition, saga, said, NOW).saga
        assert saga == self.saga
