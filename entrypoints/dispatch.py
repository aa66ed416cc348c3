"""The one door for commands: permission, begin, idempotency, use case, commit; one span, one metric, one log line.

A use case never opens a transaction and a route never does either. A lost race runs again a bounded number of times.
A commit whose answer never came is looked up by its key; without a key the caller is told that it is not known.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from core.identity.permission import Scope, demand
from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.kernel.job import LeasedJob
from core.kernel.value import value
from ports.idempotency import Answer
from ports.storage import CommitUnknown, TransactionConflict
from ports.telemetry import Telemetry
from ports.transaction import Transactions

TRIES_MAX = 5
Result = TypeVar("Result")


@value
class UseCase:
    """A bound use case: (command, context, transaction view) -> result, and the scope its caller needs."""

    scope: Scope | None
    run: Callable[[Any, Context, Any], Awaitable[Any]]


@value
class Request:
    """What makes a repeated request the same: the digest of its key, and of all that it says.

    A command given for a job is carried out only under its ``lease``: whoever woke too late must not do it after
    somebody else has, and was told otherwise.
    """

    key: bytes
    fingerprint: bytes
    lease: LeasedJob | None = None


class Dispatch:
    """Runs commands. ``use_cases`` maps each command type to its bound use case."""

    def __init__(
        self, transactions: Transactions[Any], use_cases: Mapping[type, UseCase], telemetry: Telemetry
    ) -> None:
        self._transactions = transactions
        self._use_cases = use_cases
        self._telemetry = telemetry

    async def run(self, command: object, context: Context) -> Any:
        """The use case's result. Raises its DomainError, or ScopeMissing, CommitUnknown, StorageUnavailable."""
        return await self._observed(command, context, lambda result: result, None)

    async def answer(
        self, command: object, context: Context, encode: Callable[[Any], Answer], request: Request | None
    ) -> Answer:
        """The encoded answer; for a request seen before, the very answer it got then.

        ``encode`` runs inside the transaction: a DomainError it raises undoes everything. Raises as ``run``, and
        KeyReused, KeyInUse or LeaseLost.
        """
        answer: Answer = await self._observed(command, context, encode, request)
        return answer

    async def _observed(
        self, command: object, context: Context, encode: Callable[[Any], Any], request: Request | None
    ) -> Any:
        name = type(command).__name__
        started, outcome = time.perf_counter(), "ok"
        with self._telemetry.span(name, tenant=",".join(context.tenants), correlation=context.correlation):
            try:
                use_case = self._use_cases[type(command)]
                if use_case.scope is not None:
                    demand(context.scopes, use_case.scope)
                return await self._retried(use_case, command, context, encode, request)
            except DomainError as refusal:
                outcome = refusal.code
                raise
            except BaseException as error:
                outcome = type(error).__name__
                raise
            finally:
                seconds = time.perf_counter() - started
                self._telemetry.observe("fluxor_command_seconds", seconds, command=name, outcome=outcome)
                self._telemetry.log(
                    "info", "command", command=name, outcome=outcome, ms=round(seconds * 1000, 2), actor=context.actor
                )

    async def _retried(
        self,
        use_case: UseCase,
        command: object,
        context: Context,
        encode: Callable[[Any], Any],
        request: Request | None,
    ) -> Any:
        for attempt in range(1, TRIES_MAX + 1):
            try:
                return await self._once(use_case, command, context, encode, request)
            except TransactionConflict:
                if attempt == TRIES_MAX:
                    raise
            except CommitUnknown:
                if request is None or attempt == TRIES_MAX:
                    raise
        raise AssertionError("the loop returns or raises")

    async def _once(
        self,
        use_case: UseCase,
        command: object,
        context: Context,
        encode: Callable[[Any], Any],
        request: Request | None,
    ) -> Any:
        async with self._transactions.begin(context) as tx:
            if request is not None:
                if request.lease is not None:
                    await tx.queue.hold(request.lease)
                given = await tx.answers.claim(request.key, request.fingerprint)
                if given is not None:
                    return given
            answer = encode(await use_case.run(command, context, tx))
            if request is not None:
                await tx.answers.keep(request.key, answer)
            return answer
