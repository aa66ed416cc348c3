"""Answers given before, so that a repeated request gets the same one."""

from typing import Protocol

from core.kernel.value import value


@value
class Answer:
    """What was answered: a status the entrypoint understands, and the bytes."""

    status: int
    body: bytes


class Answers(Protocol):
    """The tenant's answers of the last 24 hours, part of a transaction."""

    async def claim(self, key: bytes, fingerprint: bytes) -> Answer | None:
        """The answer given before, or None: the key is this transaction's from now on.

        Raises KeyReused when the key was used for another request, KeyInUse while one with it is still running.
        """
        ...

    async def keep(self, key: bytes, answer: Answer) -> None:
        """Remember the answer of a claimed key; it becomes durable with the transaction."""
        ...
