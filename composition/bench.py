"""The bench's surroundings: a running installation if there is one, else an own one on a folder that is thrown away."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from adapters.postgres.bench_audit import audit
from adapters.postgres.embedded_tools import BIN_PATH
from adapters.postgres.engine import Database
from composition.listening import free_port
from composition.place import Running, read_running
from composition.session import open_session
from composition.settings import Settings
from composition.up import running
from core.kernel.ids import TenantId
from entrypoints.cli.bench.completion import Audit
from entrypoints.cli.bench.pgbench import PgbenchTarget
from entrypoints.cli.bench.report import Report
from entrypoints.cli.bench.run import BenchOptions, Surroundings, run_bench
from entrypoints.cli.new_tenant import create_tenant_with_key


async def bench(settings: Settings, options: BenchOptions) -> Report:
    """Run the bench and answer its report. Without a running installation it measures one of its own."""
    async with (
        _installation(settings) as there,
        open_session(msgspec.structs.replace(settings, log_level="error"), there.database_url) as session,
    ):
        tenants: list[TenantId] = []
        database = Database(there.database_url, 1)
        await database.open()

        async def count() -> Audit:
            return Audit(**await audit(database, tenants))

        async def create(count: int) -> Sequence[tuple[str, str]]:
            made = [await create_tenant_with_key(session, f"bench-{n}") for n in range(count)]
            tenants.extend(tenant.tenant_id for tenant in made)
            return [(tenant.tenant_id, tenant.api_key) for tenant in made]

        surroundings = Surroundings(
            base_url=there.base_url,
            api_pids=there.api_pids,
            worker_pids=[*there.worker_pids, *there.relay_pids],
            postgres_pid=there.postgres_pid,
            create_tenants=create,
            audit=count,
            pgbench=PgbenchTarget(pgbench=BIN_PATH / "pgbench", url=there.owner_url),
        )
        try:
            return await run_bench(options, surroundings)
        finally:
            await database.close()


@asynccontextmanager
async def _installation(settings: Settings) -> AsyncIterator[Running]:
    there = read_running(settings.data_dir)
    if there is not None:
        yield there
        return
    with tempfile.TemporaryDirectory(prefix="fluxor-bench-") as folder:
        own = msgspec.structs.replace(settings, data_dir=Path(folder), port=free_port(), log_level="warning")
        async with running(own, announce=False):
            there = read_running(own.data_dir)
            assert there is not None, "a running installation says where it is"
            yield there
