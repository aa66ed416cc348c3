"""What becomes of a job after what went wrong with it: the one table of outcomes."""

import pytest

from core.kernel.errors import Conflict, NotFound
from core.kernel.ids import JobId
from core.kernel.job import BuryJob, LeasedJob, RetryJob
from entrypoints.worker.leases import ending_of
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict
from tests.support.given import TENANT, an_id


def job(attempt: int, failures: int | None = None) -> LeasedJob:
    return LeasedJob(
        id=JobId(an_id(1)),
        tenant=TENANT,
        queue="q",
        payload=b"",
        correlation="c",
        attempt=attempt,
        max_attempts=5,
        fence=1,
        failures=attempt - 1 if failures is None else failures,
    )


@pytest.mark.parametrize("error", [StorageUnavailable("away"), CommitUnknown("no answer"), TransactionConflict("busy")])
@pytest.mark.parametrize("attempt", [1, 5])
def test_no_job_is_given_up_for_trouble_with_the_storage(error: Exception, attempt: int) -> None:
    ending = ending_of(job(attempt), error)
    assert isinstance(ending, RetryJob)
    assert not ending.counted
    assert ending.delay_seconds > 0


def test_whatever_else_goes_wrong_is_tried_again_until_the_last_attempt() -> None:
    ending = ending_of(job(4), ZeroDivisionError("no"))
    assert isinstance(ending, RetryJob)
    assert ending.counted
    last = ending_of(job(5), ZeroDivisionError("no"))
    assert isinstance(last, BuryJob)
    assert (last.code, last.detail) == ("ZeroDivisionError", "no")
    assert "ZeroDivisionError: no" in last.trace


def test_what_is_hopeless_is_given_up_at_once_and_a_conflict_is_not() -> None:
    hopeless = ending_of(job(1), NotFound("nowhere"))
    assert isinstance(hopeless, BuryJob)
    assert hopeless.code == "not_found"
    assert isinstance(ending_of(job(1), Conflict("not yet")), RetryJob)


def test_what_was_lost_with_a_worker_is_no_failure_of_the_jobs() -> None:
    ending = ending_of(job(5, failures=0), ZeroDivisionError("the first time"))
    assert isinstance(ending, RetryJob)
    assert isinstance(ending_of(job(9, failures=4), ZeroDivisionError("no")), BuryJob)
