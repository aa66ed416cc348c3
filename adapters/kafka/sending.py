"""What a process sends through Kafka."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from adapters.kafka.link import ANSWER_SECONDS, asked, partition_of, topic_of
from core.kernel.message import Message, strand_of

AT_ONCE = 1000
"""Messages on their way before the first of them is confirmed."""
_POLL_SECONDS = 0.05


class Sending:
    """The half of a KafkaBroker that sends.

    Of messages that are sent together the library may give one up and go on with the next. So it gives nothing up: when
    not all is confirmed in time the producer is given up, with all it still has, and the next one sends from there.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options | {
            "enable.idempotence": True,
            "acks": "all",
            "enable.gapless.guarantee": True,
            "linger.ms": 0,
            "message.timeout.ms": 0,
        }
        self._producer: Producer | None = None
        self._one_by_one = asyncio.Lock()

    async def send(self, messages: Sequence[Message]) -> None:
        """All are kept. Raises BrokerUnavailable: then a beginning of them may be."""
        async with self._one_by_one:
            for start in range(0, len(messages), AT_ONCE):
                await asked(self._send, messages[start : start + AT_ONCE])

    async def close(self) -> None:
        """Leave; what is not confirmed is not sent any more."""
        async with self._one_by_one:
            await asyncio.to_thread(self._give_up)

    def _send(self, messages: Sequence[Message]) -> None:
        if self._producer is None:
            self._producer = Producer(self._options)
        producer, deadline = self._producer, monotonic() + ANSWER_SECONDS
        refused: list[KafkaError] = []
        confirmed = 0

        def told(error: KafkaError | None, _: object) -> None:
            nonlocal confirmed
            confirmed += 1
            if error is not None:
                refused.append(error)

        try:
            for message in messages:
                producer.produce(
                    topic_of(message.queue),
                    message.payload,
                    message.key,
                    partition_of(message.priority, strand_of(message.key)),
                    told,
                    headers=_headers(message),
                )
            while confirmed < len(messages) and not refused:
                if monotonic() > deadline:
                    raise TimeoutError("not all was confirmed in time")
                producer.poll(_POLL_SECONDS)
            if refused:
                raise KafkaException(refused[0])
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.purge()
            producer.poll(0)


def _headers(message: Message) -> list[tuple[str, str | bytes | None]]:
    texts = ("id", message.id), ("tenant", message.tenant), ("correlation", message.correlation)
    return [(name, text.encode()) for name, text in texts]
