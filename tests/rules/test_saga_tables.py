"""Definitions that cannot keep their promise are refused; what the page on sagas draws is what the tables say."""

from decimal import Decimal
from pathlib import Path

import pytest

from core.inventory.holding import CommitReservation, ReleaseReservation, ReserveStock
from core.kernel.errors import DomainError
from core.kernel.ids import AllotmentId, ReservationId, SagaId
from core.kernel.quantity import InvalidQuantity
from core.sagas.allocate_to_channel import V1, AllocateToChannel, InvalidAllocation, data_of
from core.sagas.definition import Definition, DefinitionUnknown, InvalidDefinition, Step, newest, pinned
from core.sagas.definitions import DEFINITIONS
from core.sagas.moves import diagrams
from core.sagas.operating import forgive, retry
from core.sagas.queues import asked, jobs_of
from core.sagas.saga import Act, ReasonMissing, SagaNotStuck, key_of
from tests.support.given import NOW, a_context, an_id, numbered_ids
from tests.support.saga_world import ID, World, a_definition

PAGE = Path(__file__).parents[2] / "docs" / "sagas.md"


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (Step(name="a", command=dict, undo=dict), Step(name="a", command=dict)),
        (Step(name="a b", command=dict),),
        (Step(name="a", command=dict), Step(name="b", command=dict, undo=dict)),
        (Step(name="a", command=dict, undo=dict, not_yet=frozenset({"n"})),),
    ],
    ids=["no step", "a name twice", "two words", "no undo before the last", "a wait with an undo"],
)
def test_a_table_the_engine_cannot_keep_its_promise_for_is_refused(steps: tuple[Step, ...]) -> None:
    with pytest.raises(InvalidDefinition):
        Definition(name="n", version=1, steps=steps)


def test_a_saga_begins_with_the_newest_version_and_goes_on_with_its_own() -> None:
    known = {("errand", version): a_definition(1, version=version) for version in (1, 3, 2)}
    assert newest(known, "errand").version == 3
    assert pinned(known, "errand", 2).version == 2
    with pytest.raises(DefinitionUnknown):
        pinned(known, "errand", 4)
    assert all((one.name, one.version) == key for key, one in DEFINITIONS.items())


def test_the_page_draws_what_the_tables_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for title, drawing in diagrams():
        assert f"## {title}\n\n```mermaid\n{drawing}\n```\n" in page, f"'{title}' is out of date; it is\n{drawing}"


def test_an_ask_is_two_jobs_and_says_what_it_is_about() -> None:
    world = World(a_definition(1))
    step, timeout = jobs_of(ID, world.asks[0], a_context(), numbered_ids())
    assert (step.queue, timeout.queue) == ("saga-step", "saga-timeout")
    assert (step.delay_seconds, timeout.delay_seconds) == (0.0, 30.0)
    assert step.id != timeout.id
    for job in (step, timeout):
        it = asked(job.payload)
        assert (it.saga, it.step, it.act, it.attempt) == (ID, "s0", Act.DO, 1)
    keys = {key_of(SagaId(an_id(n)), step, act) for n in (1, 2) for step in ("a", "b") for act in Act}
    assert len(keys) == 8


def test_only_what_is_stuck_is_decided_by_a_person_and_never_without_a_reason() -> None:
    world = World(a_definition(1))
    with pytest.raises(SagaNotStuck):
        retry(world.definition, world.saga, NOW)
    with pytest.raises(SagaNotStuck):
        forgive(world.saga, "r")
    with pytest.raises(ReasonMissing):
        forgive(world.saga, " ")


def test_an_allocation_chooses_its_ids_before_anything_is_asked() -> None:
    reservation, allotment = ReservationId(an_id(1)), AllotmentId(an_id(2))
    data = data_of(AllocateToChannel(sku="A", quantity=Decimal("1.50"), channel="web"), reservation, allotment)
    reserve, allot, commit = V1.steps
    held = reserve.command(data)
    assert isinstance(held, ReserveStock)
    assert (held.id, held.lines[0].quantity, held.reference) == (reservation, Decimal("1.50"), "channel:web")
    assert reserve.undo is not None
    assert allot.undo is not None
    release, withdraw = reserve.undo(data), allot.undo(data)
    assert isinstance(release, ReleaseReservation)
    assert (release.id, withdraw.id) == (reservation, allotment)  # type: ignore[attr-defined]
    assert commit.command(data) == CommitReservation(id=reservation, cause="channel:web")
    assert commit.undo is None


@pytest.mark.parametrize(
    ("quantity", "refusal"), [("0", InvalidAllocation), ("-1", InvalidAllocation), ("NaN", InvalidQuantity)]
)
def test_an_allocation_of_nothing_is_refused(quantity: str, refusal: type[DomainError]) -> None:
    asked_for = AllocateToChannel(sku="A", quantity=Decimal(quantity), channel="web")
    with pytest.raises(refusal) as refused:
        data_of(asked_for, ReservationId(an_id(1)), AllotmentId(an_id(2)))
    assert refused.value.path == "$.quantity"
