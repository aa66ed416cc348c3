"""The yardstick: the same work as plain SQL, a hundred orders a transaction, by pgbench on the same server.

One script is one hundred orders: an intake transaction (immutable intake rows and narrow job rows), then the
work (claim and delete the jobs, lock and update the balances, insert orders, lines, entries and journal), all
set-based. It runs as the owner on tables of its own in a scratch schema, dropped at the end.
"""

import asyncio
import re
from pathlib import Path

from core.kernel.value import value

SCHEMA = "bench_reference"
ORDERS_PER_SCRIPT = 100
ITEMS = 1000
CLIENTS = 2
_FIRST_ID = "00000000-0000-0000-0000-000000000000"
"""Each client claims after the job it claimed last: no wading through those deleted and not yet vacuumed."""

_DROP = f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE;"

_CREATE = f"""
SET client_min_messages = warning;
{_DROP}
CREATE SCHEMA {SCHEMA};
SET search_path = {SCHEMA};
CREATE TABLE intake (tenant_id int, id uuid, request_hash bytea NOT NULL, body bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (tenant_id, id), UNIQUE (request_hash));
CREATE TABLE job (tenant_id int, id uuid, PRIMARY KEY (tenant_id, id));
CREATE TABLE balance (tenant_id int, item int, available bigint NOT NULL CHECK (available >= 0),
    committed bigint NOT NULL CHECK (committed >= 0), version bigint NOT NULL, PRIMARY KEY (tenant_id, item))
    WITH (fillfactor = 50);
CREATE TABLE "order" (tenant_id int, id uuid, channel text NOT NULL, phase text NOT NULL,
    created_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE order_line (tenant_id int, order_id uuid, line int, item int NOT NULL, quantity bigint NOT NULL,
    PRIMARY KEY (tenant_id, order_id, line));
CREATE TABLE entry (tenant_id int, order_id uuid, line int, item int NOT NULL, source text NOT NULL,
    target text NOT NULL, quantity bigint NOT NULL, PRIMARY KEY (tenant_id, order_id, line));
CREATE TABLE journal (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id int NOT NULL,
    stream uuid NOT NULL, name text NOT NULL, payload bytea NOT NULL,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id());
INSERT INTO balance SELECT tenant, item, 1000000000, 0, 0
    FROM generate_series(0, {CLIENTS - 1}) tenant, generate_series(1, {ITEMS}) item;
ANALYZE balance;
"""

_SCRIPT = f"""
BEGIN;
WITH arrived AS (
    INSERT INTO {SCHEMA}.intake (tenant_id, id, request_hash, body)
    SELECT :client_id, id, sha256(uuid_send(id)),
        '{{"items":[{{"sku":"BENCH-0001","quantity":2}},{{"sku":"BENCH-0002","quantity":1}}],"channel":"bench"}}'::bytea
    FROM (SELECT uuidv7() AS id FROM generate_series(1, {ORDERS_PER_SCRIPT})) new
    ON CONFLICT (request_hash) DO NOTHING RETURNING tenant_id, id)
INSERT INTO {SCHEMA}.job SELECT tenant_id, id FROM arrived;
COMMIT;
BEGIN;
WITH due AS MATERIALIZED (
    SELECT id FROM {SCHEMA}.job WHERE tenant_id = :client_id AND id > :last::uuid
    ORDER BY id LIMIT {ORDERS_PER_SCRIPT} FOR UPDATE SKIP LOCKED),
claimed AS (
    DELETE FROM {SCHEMA}.job WHERE tenant_id = :client_id AND id = ANY (ARRAY(SELECT id FROM due))
    RETURNING id),
numbered AS (SELECT id, row_number() OVER () AS number FROM claimed),
line AS MATERIALIZED (
    SELECT id, line, 1 + floor(random() * {ITEMS})::int AS item, 1 + (number + line) % 3 AS quantity
    FROM numbered, LATERAL generate_series(1, 1 + (number % 3)::int) line),
wanted AS MATERIALIZED (SELECT item, sum(quantity)::bigint AS quantity FROM line GROUP BY item),
locked AS MATERIALIZED (
    SELECT item FROM {SCHEMA}.balance
    WHERE tenant_id = :client_id AND item = ANY (ARRAY(SELECT item FROM wanted))
    ORDER BY item FOR UPDATE),
moved AS (
    UPDATE {SCHEMA}.balance b SET available = available - w.quantity, committed = committed + w.quantity,
        version = version + 1
    FROM wanted w JOIN locked USING (item) WHERE b.tenant_id = :client_id AND b.item = w.item),
placed AS (
    INSERT INTO {SCHEMA}."order" SELECT :client_id, id, 'bench', 'accepted', now() FROM claimed),
lined AS (
    INSERT INTO {SCHEMA}.order_line SELECT :client_id, id, line, item, quantity FROM line),
entered AS (
    INSERT INTO {SCHEMA}.entry
    SELECT :client_id, id, line, item, 'available', 'committed', quantity FROM line),
journalled AS (
    INSERT INTO {SCHEMA}.journal (tenant_id, stream, name, payload)
    SELECT :client_id, id, 'order_accepted', '{{"phase":"accepted","channel":"bench"}}'::bytea FROM claimed)
SELECT id AS last FROM claimed ORDER BY id DESC LIMIT 1 \\gset
COMMIT;
"""


class PgbenchFailed(Exception):
    """pgbench or psql could not be run or reported an error; the message is its own."""


@value
class PgbenchTarget:
    """Where the yardstick runs: the ``pgbench`` binary (psql lies beside it) and the owner's libpq URL."""

    pgbench: Path
    url: str


async def run_pgbench(target: PgbenchTarget, *, seconds: int) -> float:
    """Orders a second of plain batched SQL over ``seconds`` with two clients. Raises PgbenchFailed."""
    psql = [
        str(target.pgbench.with_name("psql")),
        "-X",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        "-d",
        target.url,
        "-f",
        "-",
    ]
    await _run(psql, _CREATE)
    try:
        output = await _run(
            [
                *(str(target.pgbench), "-n", "-M", "prepared", "-f", "-", "-T", str(seconds)),
                *("-D", f"last={_FIRST_ID}"),
                *("-c", str(CLIENTS), "-j", str(CLIENTS), target.url),
            ],
            _SCRIPT,
        )
    finally:
        await _run(psql, _DROP)
    return parse_scripts_per_second(output) * ORDERS_PER_SCRIPT


def parse_scripts_per_second(output: str) -> float:
    """The ``tps`` line of pgbench, connection time excluded. Raises PgbenchFailed without one."""
    found = re.search(r"^tps = ([0-9.]+)", output, re.MULTILINE)
    if found is None:
        raise PgbenchFailed(f"no tps in the output of pgbench: {output[-500:]}")
    return float(found.group(1))


async def _run(command: list[str], script: str) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as missing:
        raise PgbenchFailed(f"{command[0]}: {missing}") from missing
    try:
        output, complaint = await process.communicate(script.encode())
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if process.returncode:
        raise PgbenchFailed(f"{command[0]}: {complaint.decode(errors='replace')[-1000:]}")
    return output.decode()
