"""Messages in a table: a strand is held by its row, and a batch is claimed and ended by one statement each."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from adapters.postgres.bell import CHANNEL, GONE, PostgresBell
from adapters.postgres.engine import NOT_FOR_THE_DISK, Connection, Database, columns_of
from adapters.postgres.isolation import DISPATCH_ROLE
from adapters.postgres.strands import NEXT_FENCE, unavailable
from core.kernel.ids import MessageId, TenantId
from core.kernel.job import LeaseLost
from core.kernel.message import Batch, Message, Priority, lowest_first, strand_of
from core.kernel.value import maker
from ports.broker import QUEUE_MAX, QueueFull
from ports.queue import Depth

MANY = 256
"""Messages that are worth a second connection."""
_message = maker(Message)
_DEPTH = """
SELECT COALESCE(sum(waiting), 0)::bigint AS waiting,
       COALESCE(sum(out) FILTER (WHERE held_until > now()), 0)::bigint AS out
FROM message_strand WHERE queue = $1
"""
# What each strand holds is added up as it changes: nobody counts rows to know whether there is something, or too much.
_SEND = """
WITH full_up AS (
    SELECT queue FROM message_strand WHERE queue = ANY($9) GROUP BY queue HAVING sum(waiting) >= $10
), sent AS (
    INSERT INTO message (tenant_id, id, queue, priority, strand, key, payload, correlation)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::bytea[],
                         $8::text[])
    WHERE NOT EXISTS (SELECT FROM full_up)
    ON CONFLICT DO NOTHING RETURNING queue, priority, strand
), kept AS (
    INSERT INTO message_strand AS s (queue, priority, strand, waiting)
    SELECT queue, priority, strand, count(*) FROM sent GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (queue, priority, strand) DO UPDATE SET waiting = s.waiting + EXCLUDED.waiting
)
SELECT (SELECT min(queue) FROM full_up) AS full_up, count(pg_notify($11, bell)) FROM unnest($12::text[]) AS bell
WHERE NOT EXISTS (SELECT FROM full_up)
"""
# The strand that was not held for longest first. What was handed out before comes alone: ``tried`` says of each
# message whether it or one before it was.
_RECEIVE = f"""
WITH free AS MATERIALIZED (
    SELECT queue, priority, strand FROM message_strand
    WHERE queue = $1 AND waiting > 0 AND (held_until <= now() OR {GONE})
    ORDER BY priority * $4, least(held_until, now()), strand LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
), next AS (
    SELECT m.tenant_id, m.id, row_number() OVER along AS number, bool_or(m.attempts > 0) OVER along AS tried
    FROM free CROSS JOIN LATERAL (
        SELECT tenant_id, id, position, attempts FROM message m
        WHERE (m.queue, m.priority, m.strand) = (free.queue, free.priority, free.strand) ORDER BY position LIMIT $2
    ) m WINDOW along AS (ORDER BY m.position)
), taken AS (
    UPDATE message m SET attempts = m.attempts + 1 FROM next
    WHERE m.tenant_id = next.tenant_id AND m.id = next.id AND (next.number = 1 OR NOT next.tried)
    RETURNING m.tenant_id, m.id, m.position, m.key, m.payload, m.correlation, m.attempts
), held AS (
    UPDATE message_strand s SET fence = {NEXT_FENCE}, held_until = now() + $3 * interval '1 second',
           out = (SELECT count(*) FROM taken), holder = $5
    FROM free WHERE (s.queue, s.priority, s.strand) = (free.queue, free.priority, free.strand)
    RETURNING s.priority, s.strand, s.fence, {NOT_FOR_THE_DISK}
)
SELECT taken.*, held.priority, held.strand, held.fence FROM held LEFT JOIN taken ON true ORDER BY taken.position
"""
_DONE = f"""
WITH mine AS (
    UPDATE message_strand SET waiting = waiting - out, out = 0, held_until = now()
    WHERE queue = $1 AND priority = $2 AND strand = $3 AND fence = $4 AND held_until > now()
    RETURNING {NOT_FOR_THE_DISK}
), gone AS (
    DELETE FROM message m USING unnest($5::uuid[], $6::uuid[]) AS n(t, id), mine
    WHERE m.tenant_id = n.t AND m.id = n.id
)
SELECT count(*) FROM mine
"""


class PostgresBroker:
    """See ports.broker.Broker. Leases by the database's clock."""

    def __init__(self, database: Database, most: int = QUEUE_MAX) -> None:
        self._database = database
        self._most = most
        self._turn = 0
        self._bell = PostgresBell(database)

    async def send(self, messages: Sequence[Message]) -> None:
        """See the port."""
        if not messages:
            return
        # Of many, two backends write strands of their own each; order is within a strand.
        number = 2 if len(messages) > MANY else 1
        parts: list[list[tuple[Any, ...]]] = [[] for _ in range(number)]
        for message in messages:
            strand = strand_of(message.key)
            parts[strand % number].append(_to_row(message, strand))
        queues = sorted({message.queue for message in messages})
        done = await asyncio.gather(*(self._write(part, queues) for part in parts if part), return_exceptions=True)
        for error in filter(None, done):
            raise error

    async def _write(self, rows: Sequence[Sequence[Any]], queues: Sequence[str]) -> None:
        async with _connected(self._database) as connection:
            full_up = await connection.fetchval(
                _SEND, *columns_of(rows), queues, self._most, CHANNEL, [*map(_bell_of, queues)]
            )
        if full_up is not None:
            raise QueueFull(f"queue {full_up} holds {self._most} messages")

    async def receive(self, queue: str, limit: int, seconds: float) -> Batch | None:
        """See the port."""
        self._turn += 1
        order = -1 if lowest_first(self._turn) else 1
        async with unavailable():
            holder = await self._bell.holder()
        async with _connected(self._database) as connection:
            rows = await connection.fetch(_RECEIVE, queue, limit, seconds, order, holder)
        if not rows:
            return None
        priority, strand, fence = rows[0]["priority"], rows[0]["strand"], rows[0]["fence"]
        receipt = f"{priority}:{strand}:{fence}"
        if rows[0]["id"] is None:
            # Whoever held the strand ended his batch in the same moment, and it was the last.
            await self._free(queue, receipt)
            return None
        messages = tuple(_to_message(row, queue, Priority(priority)) for row in rows)
        return Batch(messages=messages, attempt=rows[0]["attempts"], receipt=receipt)

    async def wait(self, queue: str, seconds: float) -> None:
        """See the port."""
        async with unavailable(seconds):
            await self._bell.wait(_bell_of(queue), seconds)

    async def done(self, batch: Batch) -> None:
        """See the port."""
        columns = columns_of([(message.tenant, message.id) for message in batch.messages])
        if not await self._end(batch.messages[0].queue, batch.receipt, columns):
            raise LeaseLost(f"batch {batch.receipt} is held no more")

    async def depth(self, queue: str) -> Depth:
        """See the port."""
        async with _connected(self._database) as connection:
            row = await connection.fetchrow(_DEPTH, queue)
        return Depth(ready=row["waiting"] - row["out"], leased=row["out"])

    async def _free(self, queue: str, receipt: str) -> None:
        await self._end(queue, receipt, [[], []])

    async def _end(self, queue: str, receipt: str, columns: Sequence[Sequence[str]]) -> int:
        async with _connected(self._database) as connection:
            ended: int = await connection.fetchval(_DONE, queue, *map(int, receipt.split(":")), *columns)
        return ended


def _bell_of(queue: str) -> str:
    # What one broker has of a queue says nothing of what another has.
    return f"tables:{queue}"


def _to_row(one: Message, strand: int) -> tuple[Any, ...]:
    return one.tenant, one.id, one.queue, one.priority, strand, one.key, one.payload, one.correlation


def _to_message(row: Any, queue: str, priority: Priority) -> Message:
    # This runs for every message that is received.
    return _message(
        id=MessageId(str(row["id"])),
        tenant=TenantId(str(row["tenant_id"])),
        queue=queue,
        key=row["key"],
        payload=row["payload"],
        correlation=row["correlation"],
        priority=priority,
    )


@asynccontextmanager
async def _connected(database: Database) -> AsyncIterator[Connection]:
    """For single statements, as the dispatcher. Raises BrokerUnavailable: without the database there is no carrying."""
    async with unavailable(), database.autocommit(DISPATCH_ROLE) as connection:
        yield connection
