# ruff: noqa: PT012 - what raises is a whole transaction
"""The same request gets the same answer for 24 hours."""

from datetime import timedelta

import pytest

from core.intake.submission import KeyInUse, KeyReused
from ports.idempotency import Answer
from ports.storage import CommitUnknown
from tests.conformance.shop import a_tenant
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, a_context

ANSWER = Answer(status=201, body=b"{}")


async def answered(storage: Storage, key: bytes = b"k") -> None:
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.answers.claim(key, b"print") is None
        await tx.answers.keep(key, ANSWER)


async def test_the_answer_given_before_is_given_again(storage: Storage) -> None:
    await a_tenant(storage)
    await answered(storage)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.answers.claim(b"k", b"print") == ANSWER
        with pytest.raises(KeyReused):
            await tx.answers.claim(b"k", b"another")
        assert await tx.answers.claim(b"other", b"print") is None


async def test_an_answer_becomes_durable_with_its_transaction_only(storage: Storage) -> None:
    await a_tenant(storage)
    with pytest.raises(KeyError):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.answers.claim(b"k", b"print")
            await tx.answers.keep(b"k", ANSWER)
            raise KeyError
    await answered(storage)


async def test_while_it_runs_nobody_else_may_use_the_key(storage: Storage) -> None:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.answers.claim(b"k", b"print")
        with pytest.raises(KeyInUse):
            async with storage.transactions.begin(a_context()) as other:
                await other.answers.claim(b"k", b"print")
        async with storage.transactions.begin(a_context(OTHER_TENANT)) as foreign:
            assert await foreign.answers.claim(b"k", b"print") is None


@pytest.mark.parametrize("hours", [23, 24])
async def test_an_answer_is_kept_for_24_hours(storage: Storage, hours: int) -> None:
    await a_tenant(storage)
    await answered(storage)
    later = a_context(now=NOW + timedelta(hours=hours))
    async with storage.transactions.begin(later) as tx:
        given = await tx.answers.claim(b"k", b"print")
        assert given == (ANSWER if hours < 24 else None)
        if given is None:
            await tx.answers.keep(b"k", Answer(status=200, body=b"new"))


@pytest.mark.parametrize("done", [True, False])
async def test_after_an_unknown_commit_the_key_says_what_happened(storage: Storage, done: bool) -> None:
    await a_tenant(storage)
    storage.next_commit_unknown(done=done)
    with pytest.raises(CommitUnknown):
        await answered(storage)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.answers.claim(b"k", b"print") == (ANSWER if done else None)
