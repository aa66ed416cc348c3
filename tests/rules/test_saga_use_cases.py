"""Sagas kept over the memory twin: what is saved with what, which job moves one on, what its stream counts."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.memory.queue import MemoryJobSource
from adapters.memory.sagas import MemorySagasView
from adapters.memory.tables import JOBS
from core.kernel.ids import AllotmentId, JobId, ReservationId, SagaId
from core.kernel.job import LeasedJob, LeaseLost
from core.sagas.allocate_to_channel import V1, AllocateToChannel, data_of
from core.sagas.commands import AdvanceSaga, ForgiveSaga, ParkSaga, RetrySaga
from core.sagas.definition import DefinitionUnknown
from core.sagas.engine import begin
from core.sagas.events import SagaAdvanced, SagaEnded, SagaStarted, SagaStuck
from core.sagas.queues import STEP_ATTEMPTS, STEPS, TIMEOUT_ATTEMPTS, TIMEOUTS, asked, jobs_of
from core.sagas.saga import Act, Refused, Saga, SagaNotFound, Said, Status, StepState, Succeeded, TimedOut
from core.sagas.use_cases.advance import advance_saga, park_saga
from core.sagas.use_cases.operate import forgive_saga, retry_saga
from core.sagas.use_cases.start_allocation import start_allocation
from tests.support.given import NOW, TENANT, a_context, an_id, numbered_ids
from tests.support.twin import Twin

WANTED = AllocateToChannel(sku="A", quantity=Decimal(2), channel="web")
KNOWN = {(V1.name, V1.version): V1}
PARTS = {"parts": [{"item": an_id(1), "location": an_id(2), "lot": "", "quantity": 2}]}


class Desk:
    """One allocation on its way; its jobs are taken and answered by hand."""

    def __init__(self) -> None:
        self.twin = Twin()
        self.begun: Saga = self.do(start_allocation, WANTED)

    def do(self, use_case: Any, command: object, definitions: Any = None) -> Any:
        known = KNOWN if definitions is None else definitions
        return self.twin.run(use_case, command, new_id=self.twin.new_id, definitions=known)

    def saga(self) -> Saga:
        kept = self.twin.see(MemorySagasView(self.twin.database).saga(TENANT, self.begun.id))
        assert kept is not None
        return kept.saga

    def forgive(self, reason: str) -> Saga:
        command = ForgiveSaga(id=self.begun.id, reason=reason)
        forgiven: Saga = self.twin.run(forgive_saga, command, new_id=self.twin.new_id)
        return forgiven

    def take(self, queue: str) -> LeasedJob:
        """The latest job of ``queue``, due or not."""
        rows = self.twin.database.store.table(JOBS)
        for key in [key for key, row in rows.items() if row.run_at is not None]:
            rows[key] = replace(rows[key], run_at=NOW - timedelta(hours=1))
        return self.twin.see(MemoryJobSource(self.twin.database).lease(queue, 99, 60))[-1]

    def say(self, said: Said) -> Saga:
        """Tell the saga in the name of the job that asked last."""
        told: Saga = self.do(advance_saga, AdvanceSaga(id=self.begun.id, job=self.take(STEPS), said=said))
        return told

    def told(self) -> list[tuple[int, type]]:
        """(version, what) of each event of its stream."""
        return [(one.version, type(one.body)) for one in self.twin.events() if one.stream == self.begun.id]


def succeeded(step: str, attempt: int = 1, act: Act = Act.DO) -> Succeeded:
    return Succeeded(step=step, act=act, attempt=attempt, answer=PARTS if step == "reserve" else {})


def refused(step: str, attempt: int = 1, act: Act = Act.DO) -> Refused:
    return Refused(step=step, act=act, attempt=attempt, code="busy", detail="later")


def turned_back() -> Desk:
    """Allotting was refused; the undo of reserving is in hand."""
    desk = Desk()
    desk.say(succeeded("reserve"))
    desk.say(refused("allot"))
    return desk


def stuck() -> Desk:
    """Allotting was refused, and reserving cannot be undone."""
    desk = turned_back()
    while desk.saga().status is not Status.STUCK:
        desk.say(refused("reserve", desk.saga().at("reserve").attempt, Act.UNDO))
    return desk


def test_an_ask_is_tried_a_few_times_and_its_time_limit_very_often() -> None:
    ask = begin(V1, SagaId(an_id(9)), {"sku": "A"}, NOW).ask
    assert ask is not None
    step, timeout = jobs_of(SagaId(an_id(9)), replace(ask, delay_seconds=2.0), a_context(), numbered_ids())
    assert (step.max_attempts, timeout.max_attempts) == (STEP_ATTEMPTS, TIMEOUT_ATTEMPTS)
    assert (step.tenant, step.correlation, timeout.correlation) == (TENANT, "c-1", "c-1")
    assert (step.delay_seconds, timeout.delay_seconds) == (2.0, 30.0)


def test_a_saga_begins_with_its_story_and_waits_for_its_time_limit() -> None:
    desk = Desk()
    assert desk.saga() == desk.begun
    assert (desk.begun.status, desk.begun.revision) == (Status.RUNNING, 1)
    assert {desk.begun.data["sku"], desk.begun.data["quantity"], desk.begun.data["channel"]} == {"A", "2", "web"}
    assert len({desk.begun.id, desk.begun.data["reservation_id"], desk.begun.data["allotment_id"]}) == 3
    assert desk.told() == [(1, SagaStarted)]
    assert desk.take(TIMEOUTS).id == desk.begun.waits_for
    assert asked(desk.take(STEPS).payload).saga == desk.begun.id


def test_the_least_there_is_can_be_allocated() -> None:
    least = replace(WANTED, quantity=Decimal("0.000001"))
    assert data_of(least, ReservationId(an_id(1)), AllotmentId(an_id(2)))["quantity"] == "0.000001"


def test_each_answer_ends_its_job_and_the_next_ask_brings_its_own_time_limit() -> None:
    desk = Desk()
    job = desk.take(STEPS)
    command = AdvanceSaga(id=desk.begun.id, job=job, said=succeeded("reserve"))
    after = desk.do(advance_saga, command)
    assert (after, after.revision) == (desk.saga(), 2)
    assert after.at("allot").state is StepState.ASKED
    assert after.waits_for not in (None, desk.begun.waits_for)
    assert desk.take(TIMEOUTS).id == after.waits_for
    assert desk.told() == [(1, SagaStarted), (2, SagaAdvanced)]
    with pytest.raises(LeaseLost):
        desk.do(advance_saga, command)


def test_a_saga_that_is_whole_waits_for_nothing() -> None:
    desk = Desk()
    for step in ("reserve", "allot", "commit"):
        desk.say(succeeded(step))
    ended = desk.saga()
    assert (ended.status, ended.waits_for, ended.revision) == (Status.COMPLETED, None, 5)
    assert desk.told()[-2:] == [(4, SagaAdvanced), (5, SagaEnded)]


def test_what_asks_nothing_new_waits_for_the_same_time_limit_as_before() -> None:
    desk = Desk()
    desk.say(succeeded("reserve"))
    desk.say(TimedOut(step="allot", act=Act.DO, attempt=1))
    desk.say(succeeded("allot", 2, Act.UNDO))
    before = desk.saga()
    after = desk.do(advance_saga, AdvanceSaga(id=desk.begun.id, job=desk.take(TIMEOUTS), said=succeeded("allot")))
    assert after.at("allot").state is StepState.DONE
    assert before.waits_for is not None
    assert (after.waits_for, after.revision) == (before.waits_for, before.revision + 1)


def test_what_changes_nothing_writes_nothing() -> None:
    desk = turned_back()
    before, told = desk.saga(), desk.told()
    job = desk.take(TIMEOUTS)
    after = desk.do(advance_saga, AdvanceSaga(id=desk.begun.id, job=job, said=succeeded("reserve")))
    assert (after, desk.saga(), desk.told()) == (before, before, told)


def test_a_person_asks_again_or_forgives_and_the_saga_is_kept_so() -> None:
    again = stuck()
    assert again.saga().waits_for is None
    asked_again = again.do(retry_saga, RetrySaga(id=again.begun.id))
    assert (asked_again, asked_again.status) == (again.saga(), Status.COMPENSATING)
    assert again.take(TIMEOUTS).id == asked_again.waits_for
    forgiven = stuck()
    revision = forgiven.saga().revision
    ended = forgiven.forgive("sold by hand")
    assert ended == forgiven.saga()
    assert (ended.status, ended.forgiven, ended.reason) == (Status.COMPENSATED, ("reserve",), "sold by hand")
    assert (ended.revision, ended.waits_for) == (revision + 1, None)
    assert forgiven.told()[-1] == (revision + 1, SagaEnded)
    assert forgiven.twin.violations() == []


def test_a_version_nobody_knows_is_parked_and_one_that_is_known_is_not() -> None:
    desk = Desk()
    park = ParkSaga(id=desk.begun.id)
    assert desk.do(park_saga, park) == desk.begun
    parked = desk.do(park_saga, park, definitions={(V1.name, 2): V1, ("other", 1): V1})
    assert (parked, parked.status, parked.parked_as) == (desk.saga(), Status.STUCK, Status.RUNNING)
    assert (parked.waits_for, desk.told()[-1]) == (None, (2, SagaStuck))
    assert desk.do(park_saga, park, definitions={("other", 1): V1}) == parked
    for command, use_case in (
        (RetrySaga(id=desk.begun.id), retry_saga),
        (AdvanceSaga(id=desk.begun.id, job=desk.take(STEPS), said=succeeded("reserve")), advance_saga),
    ):
        with pytest.raises(DefinitionUnknown):
            desk.do(use_case, command, definitions={("other", 1): V1})


def test_a_saga_there_is_none_of_is_not_found() -> None:
    desk, nobody = Desk(), SagaId(an_id(1))
    for use_case, command in (
        (park_saga, ParkSaga(id=nobody)),
        (retry_saga, RetrySaga(id=nobody)),
        (advance_saga, AdvanceSaga(id=nobody, job=desk.take(STEPS), said=succeeded("reserve"))),
    ):
        with pytest.raises(SagaNotFound):
            desk.do(use_case, command)
    with pytest.raises(SagaNotFound):
        desk.twin.run(forgive_saga, ForgiveSaga(id=nobody, reason="r"), new_id=desk.twin.new_id)


def test_the_twin_keeps_no_saga_that_was_never_added() -> None:
    desk = Desk()
    other = replace(desk.begun, id=SagaId(an_id(1)), waits_for=JobId(an_id(2)))
    with pytest.raises(AssertionError, match="added first"):
        desk.twin.within(lambda tx: tx.sagas.save(other))
