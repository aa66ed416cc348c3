"""What lies in Kafka: how far each strand goes, and what is in it from some position on."""

import asyncio
from collections.abc import Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # it is there

from adapters.kafka.link import ANSWER_SECONDS, asked, partition_of, topic_of
from core.kernel.ids import MessageId, TenantId
from core.kernel.message import STRANDS, Message, Priority
from ports.broker import BrokerUnavailable

Strand = tuple[Priority, int]
EVERY: Sequence[Strand] = tuple((priority, strand) for priority in Priority for strand in range(STRANDS))


_OURS = {"id", "tenant", "correlation"}
_LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]


class Reading:
    """One reader that is sent to a position, and takes from there what it was sent for."""

    def __init__(self, options: dict[str, Any]) -> None:
        # Nobody shares partitions out: whose a strand is, and how far it is done with, is known elsewhere.
        own = {
            "group.id": "fluxor",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 10,
            "fetch.error.backoff.ms": 50,
            "queued.max.messages.kbytes": 16_384,
        }
        self._consumer = Consumer(options | own)
        self._admin = AdminClient(options)
        self._one_by_one = asyncio.Lock()

    async def ends(self, queue: str) -> dict[Strand, int]:
        """The position behind the last message of each strand."""
        return await asked(self._ends, queue)

    async def read(self, queue: str, strand: Strand, position: int, number: int) -> list[tuple[int, Message]]:
        """The next ``number`` messages from ``position`` on, which are there, each with its own position.

        Some may be missing: a topic forgets what is older than it is told to keep.
        """
        async with self._one_by_one:
            return await asked(self._read, queue, strand, position, number)

    async def close(self) -> None:
        """Leave."""
        async with self._one_by_one:
            await asyncio.to_thread(self._consumer.close)

    def _ends(self, queue: str) -> dict[Strand, int]:
        places = {strand: TopicPartition(topic_of(queue), partition_of(*strand)) for strand in EVERY}
        asking = self._admin.list_offsets(dict.fromkeys(places.values(), _LATEST), request_timeout=ANSWER_SECONDS)
        return {strand: asking[place].result(2 * ANSWER_SECONDS).offset for strand, place in places.items()}

    def _read(self, queue: str, strand: Strand, position: int, number: int) -> list[tuple[int, Message]]:
        self._consumer.assign([TopicPartition(topic_of(queue), partition_of(*strand), position)])
        try:
            came = self._consumer.consume(number, ANSWER_SECONDS)
        finally:
            self._consumer.unassign()
        for one in came:
            if (error := one.error()) is not None:
                raise KafkaException(error)
        return [(int(one.offset() or 0), _message(one, queue, strand[0])) for one in came]


def _message(one: Any, queue: str, priority: Priority) -> Message:
    headers = {name: text.decode() for name, text in one.headers() or ()}
    if one.key() is None or not headers.keys() >= _OURS:
        place = f"partition {one.partition()} of {one.topic()}, offset {one.offset()}"
        raise BrokerUnavailable(f"what comes next is not ours: {place}")
    return Message(
        id=MessageId(headers["id"]),
        tenant=TenantId(headers["tenant"]),
        queue=queue,
        key=one.key().decode(),
        payload=one.value(),
        correlation=headers["correlation"],
        priority=priority,
    )
