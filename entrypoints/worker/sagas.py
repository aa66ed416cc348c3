"""What sagas ask, asked: the step's command through the door under its key, then its answer told to the saga.

Whatever dies in between is repeated by the queue. The command then gets the answer it got before, and a saga that has
heard it changes nothing. Nothing is left out because the saga seems to have moved on: the command may have been carried
out by somebody who died before saying so, and only its key knows.
"""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import msgspec

from core.intake.submission import KeyInUse
from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.kernel.job import LeasedJob
from core.sagas.commands import AdvanceSaga, ParkSaga, RememberRefusal
from core.sagas.definition import Data, Definition, Definitions, DefinitionUnknown, pinned
from core.sagas.queues import STEPS, TIMEOUTS, Asked, asked
from core.sagas.saga import Act, Refused, Saga, SagaNotFound, Said, Succeeded, TimedOut, key_of
from entrypoints.dispatch import Dispatch, Request
from entrypoints.worker.leases import LeasedWork
from ports.idempotency import Answer
from ports.queue import JobSource
from ports.sagas import SagasView
from ports.telemetry import Telemetry

DONE, REFUSED = 200, 409


class SagaRunner:
    """Takes due steps and time limits of sagas through ``dispatch``."""

    def __init__(
        self, source: JobSource, dispatch: Dispatch, telemetry: Telemetry, sagas: SagasView, definitions: Definitions
    ) -> None:
        self._dispatch = dispatch
        self._telemetry = telemetry
        self._sagas = sagas
        self._definitions = definitions
        works = {STEPS: self._ask, TIMEOUTS: self._time_out}
        self._work = LeasedWork(source, dispatch, telemetry, works, failures="saga_jobs_failed_total")

    async def step(self, context: Context) -> int:
        """Run what is due now; answers how many jobs were taken."""
        return await self._work.step(context)

    async def _ask(self, job: LeasedJob, context: Context) -> None:
        it = asked(job.payload)
        saga, definition = await self._known(it, context)
        said = await self.carry_out(it, saga, definition, context)
        self._telemetry.count("saga_steps_total", saga=saga.name, act=it.act, outcome=type(said).__name__)
        await self._dispatch.run(AdvanceSaga(id=it.saga, job=job, said=said), context)

    async def _time_out(self, job: LeasedJob, context: Context) -> None:
        it = asked(job.payload)
        await self._known(it, context)
        said = TimedOut(step=it.step, act=it.act, attempt=it.attempt)
        await self._dispatch.run(AdvanceSaga(id=it.saga, job=job, said=said), context)

    async def carry_out(self, it: Asked, saga: Saga, definition: Definition, context: Context) -> Said:
        """The step's command, or its undo, given under its key; any refusal but of the key itself is an answer.

        Raises what the storage raises, and KeyInUse while somebody else is at it.
        """
        step = definition.step(it.step)
        command = step.command if it.act is Act.DO else step.undo
        assert command is not None, "an undo is asked only where there is one"
        keep = step.answer if it.act is Act.DO else _nothing
        acting = replace(context, actor=f"saga:{saga.name}", scopes=definition.scopes)
        try:
            answer = await self._dispatch.answer(command(saga.data), acting, _encoded(keep), request_of(it))
        except KeyInUse:
            raise
        except DomainError as refusal:
            answer = await self._refused(refusal, it, acting)
        body = msgspec.json.decode(answer.body)
        if answer.status == REFUSED:
            return Refused(step=it.step, act=it.act, attempt=it.attempt, code=body["code"], detail=body["detail"])
        return Succeeded(step=it.step, act=it.act, attempt=it.attempt, answer=body)

    async def _refused(self, refusal: DomainError, it: Asked, context: Context) -> Answer:
        """The refusal, or what somebody else who carried out the same was answered in between.

        That a command was refused is remembered under its key. Another worker may be at the same job, late, and find
        that what was missing has come: the saga would have ended by then, and nobody would undo what he did. That an
        undo was refused is not remembered: what it found nothing of may come yet.
        """
        told = RememberRefusal(code=refusal.code, detail=refusal.detail)
        if it.act is Act.UNDO:
            return _refusal(told)
        return await self._dispatch.answer(told, context, _refusal, request_of(it))

    async def _known(self, it: Asked, context: Context) -> tuple[Saga, Definition]:
        """The saga and its definition. Raises SagaNotFound, or DefinitionUnknown once the saga is parked."""
        kept = await self._sagas.saga(context.tenant, it.saga)
        if kept is None:
            raise SagaNotFound(f"there is no saga {it.saga}")
        try:
            return kept.saga, pinned(self._definitions, kept.saga.name, kept.saga.version)
        except DefinitionUnknown:
            await self._dispatch.run(ParkSaga(id=it.saga), context)
            raise


def request_of(it: Asked) -> Request:
    """What makes asks of the same act the same request. Longer than any caller's key, so never one of theirs."""
    digest = sha256(key_of(it.saga, it.step, it.act).encode()).digest()
    return Request(key=digest, fingerprint=digest)


def _refusal(told: RememberRefusal) -> Answer:
    return Answer(status=REFUSED, body=msgspec.json.encode({"code": told.code, "detail": told.detail}))


def _nothing(result: Any) -> Data:
    return {}


def _encoded(keep: Callable[[Any], Data]) -> Callable[[Any], Answer]:
    return lambda result: Answer(status=DONE, body=msgspec.json.encode(keep(result)))
