"""Checking the whole database may take longer than any other transaction is allowed to."""

import asyncio

import asyncpg

from adapters.postgres.invariants import READ_WHOLE_TABLES


def test_the_limit_of_a_transaction_that_has_begun_is_really_raised(database_url: str) -> None:
    async def outlive() -> int:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute("SET transaction_timeout = '200ms'")
            await connection.execute("BEGIN")
            await connection.execute(READ_WHOLE_TABLES)
            answer: int = await connection.fetchval("SELECT 1 FROM pg_sleep(0.4)")
            await connection.execute("COMMIT")
            return answer
        finally:
            await connection.close()

    assert asyncio.run(outlive()) == 1
