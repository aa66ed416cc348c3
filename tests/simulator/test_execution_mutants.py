"""Defects planted in an order's later life, one at a time: the simulator finds each, or it lacks a check."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from adapters.memory.credit import MemoryAccounts
from adapters.memory.execution import MemoryDossiers
from adapters.memory.intake import MemorySubmissions
from adapters.memory.inventory import MemoryLedger
from composition.simulation.parts import Parts
from composition.simulation.plan import KINDS
from composition.simulation.run import simulate
from core.execution.covering import CoverBackorders
from core.inventory.balance import Account, EntryKind, Movement
from core.orders import exchanging, refunding
from core.orders.dossier import Dossier
from core.orders.returns import Return
from entrypoints.dispatch import UseCase
from ports.inventory import NewEntries
from tests.simulator.test_simulator_mutants import SEEDS_MAX, Mutant, with_transactions

Plant = Callable[[pytest.MonkeyPatch], Any]


class ForgetsFulfilments(MemoryDossiers):
    """Keeps the order and not what its locations are asked for."""

    async def save(self, dossier: Any) -> None:
        await super().save(replace(dossier, fulfilments=()))


class KeepsWhatIsCancelled(MemoryLedger):
    """Does not give back what nobody wants any more."""

    async def enter(self, groups: Sequence[NewEntries]) -> None:
        kept = (EntryKind.UNCOMMIT,)
        less = [replace(one, movements=tuple(m for m in one.movements if m.kind not in kept)) for one in groups]
        await super().enter(less)


class ShelvesReturns(MemoryLedger):
    """Puts back on the shelf what nobody has looked at."""

    async def enter(self, groups: Sequence[NewEntries]) -> None:
        await super().enter([replace(one, movements=tuple(map(_shelved, one.movements))) for one in groups])


def _shelved(movement: Movement) -> Movement:
    return replace(movement, target=Account.AVAILABLE) if movement.kind is EntryKind.RETURN_RECEIVE else movement


class OwesForEver(MemoryAccounts):
    """What is cancelled is owed all the same."""

    async def expose(self, account: Any) -> None:
        await self._session.statement()


def mutant(**parts: type) -> Plant:
    """A transaction that lends out these parts."""

    class Planted(Mutant):
        def __init__(self, session: Any, context: Any, new_id: Any) -> None:
            super().__init__(session, context, new_id)
            for name, kind in parts.items():
                arguments = (session, context, new_id) if name == "ledger" else (session, context)
                setattr(self, name, kind(*arguments))

    return lambda monkeypatch: with_transactions(Planted)()


def planted(target: Any, name: str, value: Any) -> Plant:
    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(target, name, value)

    return plant


async def covers_nobody(command: CoverBackorders, context: Any, tx: Any) -> int:
    return 0


def uses(command: type, run: Any) -> Plant:
    return lambda monkeypatch: Parts(use_cases={command: UseCase(scope=None, run=run)})


class TakesNothingIn(MemorySubmissions):
    """What is sent in exchange is not submitted."""

    async def submit(self, *given: Any, **named: Any) -> None:
        await self._session.statement()


left = refunding._left


def forgets_refunds(dossier: Dossier, returns: Iterable[Return], number: int) -> int:
    """What may be given back, as if nobody had asked for any of it yet."""
    return left(dossier, [replace(one, refunds=()) for one in returns], number)


MUTANTS: dict[str, Plant] = {
    "what is sent in exchange is not submitted": mutant(intake=TakesNothingIn),
    "what is sent in exchange is sent again": planted(exchanging, "let_go", lambda *given: None),
    "what has come covers nobody": uses(CoverBackorders, covers_nobody),
    "fulfilment orders are not kept": mutant(dossiers=ForgetsFulfilments),
    "what is cancelled stays committed": mutant(ledger=KeepsWhatIsCancelled),
    "what is cancelled is owed all the same": mutant(accounts=OwesForEver),
    "what comes back is put on the shelf at once": mutant(ledger=ShelvesReturns),
    "money is given back as often as it is asked for": planted(refunding, "_left", forgets_refunds),
}


def noticed(seed: int, kinds: list[str], parts: Any) -> bool:
    """Whether something does not hold, or somebody fell over it."""
    try:
        return bool(simulate(seed, kinds, parts).violations)
    except Exception:  # noqa: BLE001 - what nobody anticipated is what the defect did
        return True


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_defect_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    kinds = [kind for kind in KINDS if kind != "killer"]
    for seed in range(1, SEEDS_MAX + 1):
        if noticed(seed, kinds, MUTANTS[name](monkeypatch)):
            record_property("seeds", seed)
            return
    pytest.fail(f"{SEEDS_MAX} seeds and nobody noticed that {name}")
