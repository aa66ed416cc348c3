"""Defects planted in deliveries, allocation policies and the relay's reading: the simulator finds each."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from adapters.memory.acceptance import MemoryAcceptance
from composition.simulation.parts import Parts
from composition.simulation.plan import KINDS
from composition.simulation.process import current_id
from composition.simulation.run import simulate
from composition.simulation.world import production_use_cases
from core.acceptance.facts import Facts, Requested
from core.inventory.acts import ChangeStock
from core.inventory.delivery import ReceiveDelivery
from core.inventory.ranking import AllocationPolicy
from core.inventory.use_cases.change_stock import change_stock
from entrypoints.dispatch import UseCase
from entrypoints.worker.relay import BATCH, Relay
from tests.simulator.test_simulator_mutants import SEEDS_MAX, Mutant, with_transactions


async def remembers_no_lines(command: ReceiveDelivery, context: Any, tx: Any) -> Any:
    """Every telling is another delivery."""
    acts = tuple(line.act for line in command.lines)
    return await change_stock(ChangeStock(acts=acts), context, tx, new_id=current_id)


async def takes_a_part_for_the_whole(command: ReceiveDelivery, context: Any, tx: Any) -> Any:
    """Remembers of a delivery that it came, not which of its lines."""
    whole = replace(command, lines=tuple(replace(line, number=0) for line in command.lines[:1]))
    received = await production_use_cases()[ReceiveDelivery].run(whole, context, tx)
    if received[0] is None:
        return received
    acts = tuple(line.act for line in command.lines[1:])
    return [*received, *await change_stock(ChangeStock(acts=acts), context, tx, new_id=current_id)]


def receiving(run: Any) -> Callable[[], Parts]:
    return lambda: Parts(use_cases={ReceiveDelivery: UseCase(scope=None, run=run)})


def forgetting(**fields: Any) -> Callable[[], Parts]:
    """Acceptance that does not look at these fields of the allocation policy."""

    class Forgets(MemoryAcceptance):
        async def gather(self, batch: Sequence[Requested]) -> Facts:
            facts = await super().gather(batch)
            policies = {tenant: replace(of, allocation=_less(of.allocation)) for tenant, of in facts.policies.items()}
            return replace(facts, policies=policies)

    def _less(policy: AllocationPolicy) -> AllocationPolicy:
        return replace(policy, **fields)

    class Forgetting(Mutant):
        acceptance_of = Forgets

    return with_transactions(Forgetting)


class ReadsToTheEnd(Relay):
    """Takes it for granted that what it read is all there was."""

    async def step(self) -> int:
        cursor = await self._position.take(self._name)
        if cursor is None:
            return 0
        whole = await self._feed.read(cursor, BATCH)
        events = await self._feed.read(cursor, BATCH)
        if events:
            await self._publisher.publish(events)
            await self._position.advance(self._name, max((*whole, *events), key=_place).cursor)
        return len(events)


def _place(event: Any) -> tuple[int, ...]:
    return tuple(int(number) for number in event.cursor.split("-"))


MUTANTS: dict[str, Callable[[], Parts]] = {
    "a delivery told twice is received twice": receiving(remembers_no_lines),
    "a part of a delivery is taken for the whole": receiving(takes_a_part_for_the_whole),
    "a channel is promised from a place closed to it": forgetting(excluded={}),
    "what is kept for a channel is given to any": forgetting(kept={}),
    "the relay takes what it read for all there was": lambda: Parts(relay=ReadsToTheEnd),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_defect_is_found(name: str, record_property: Callable[[str, object], None]) -> None:
    kinds = [kind for kind in KINDS if kind != "killer"]
    for seed in range(1, SEEDS_MAX + 1):
        if simulate(seed, kinds, MUTANTS[name]()).violations:
            record_property("seeds", seed)
            return
    pytest.fail(f"{SEEDS_MAX} seeds and nobody noticed that {name}")
