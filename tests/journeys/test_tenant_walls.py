"""The database's own catalogue says that no table forgot the wall between tenants."""

import asyncio
from typing import Any

import asyncpg
import pytest

from adapters.postgres.isolation import APP_ROLE, DISPATCH_ROLE
from tests.support.postgres import FreshDatabase

SYSTEM_TABLES = {"alembic_version", "message_strand", "relay_position", "schedule", "strand", "worker"}
"""Tables that hold nothing of any tenant."""

DISPATCHED = {"dead_letter", "intake_job", "journal", "message", "queue_job", "tenant"}
"""Tables of which the dispatcher may see, across tenants, what it needs to hand out work."""

STRANDS = {"message_strand", "strand"}
"""And those in which it keeps who has which part of what is on its way."""

TABLES = """
SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner) AS owner
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
KEYS = """
SELECT k.conrelid::regclass::text AS table, k.conname, k.contype::text AS kind, a.attname AS first
FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
JOIN pg_class c ON c.oid = k.conrelid
WHERE k.connamespace = 'public'::regnamespace AND k.contype IN ('p', 'u', 'f') AND NOT c.relispartition
"""
UNIQUE_INDEXES = """
SELECT i.indrelid::regclass::text AS table, a.attname AS first FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
"""
POLICIES = "SELECT tablename, policyname, roles::text[] AS roles, qual, with_check FROM pg_policies"
VIEWS = """
SELECT relname, reloptions FROM pg_class
WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace
"""
COLUMN_GRANTS = f"""
SELECT table_name, column_name FROM information_schema.column_privileges
WHERE grantee = '{DISPATCH_ROLE}' AND table_schema = 'public'
"""
GRANTS = """
SELECT table_name, privilege_type, grantee FROM information_schema.role_table_grants
WHERE table_schema = 'public' AND grantee IN ('fluxor_app', 'fluxor_dispatch')
"""


@pytest.fixture(scope="module")
def ask(fresh_database: FreshDatabase) -> Any:
    """Ask the catalogue of a migrated database, as its owner."""
    url = fresh_database()

    def rows(query: str) -> list[Any]:
        async def fetch() -> list[Any]:
            connection = await asyncpg.connect(url)
            try:
                return list(await connection.fetch(query))
            finally:
                await connection.close()

        return asyncio.run(fetch())

    return rows


def tenant_tables(ask: Any) -> set[str]:
    return {row["relname"] for row in ask(TABLES)} - SYSTEM_TABLES


def test_every_table_is_a_tenants_or_known_to_be_nobodys(ask: Any) -> None:
    columns = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    with_tenant = {row["table_name"] for row in ask(columns) if row["column_name"] == "tenant_id"}
    assert tenant_tables(ask) <= with_tenant
    assert not with_tenant & SYSTEM_TABLES


def test_row_security_is_on_and_forced_on_every_tenant_table(ask: Any) -> None:
    open_tables = [row["relname"] for row in ask(TABLES) if not (row["relrowsecurity"] and row["relforcerowsecurity"])]
    assert set(open_tables) == SYSTEM_TABLES


def test_the_app_roles_own_nothing_and_bypass_nothing(ask: Any) -> None:
    assert {row["owner"] for row in ask(TABLES)} & {APP_ROLE, DISPATCH_ROLE} == set()
    roles = ask("SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname LIKE 'fluxor%'")
    assert {row["rolname"] for row in roles} == {APP_ROLE, DISPATCH_ROLE}
    assert not any(row["rolsuper"] or row["rolbypassrls"] or row["rolcreaterole"] for row in roles)


def test_one_policy_stands_before_each_table_for_reading_and_writing(ask: Any) -> None:
    policies = ask(POLICIES)
    of_app = {row["tablename"]: row for row in policies if APP_ROLE in row["roles"]}
    assert set(of_app) == tenant_tables(ask)
    assert len({row["qual"] for row in of_app.values()}) == 1
    assert all(row["qual"] == row["with_check"] and "app.tenant_id" in row["qual"] for row in of_app.values())
    assert all(row["policyname"] == "tenant" and row["roles"] == [APP_ROLE] for row in of_app.values())


def test_the_dispatcher_sees_across_tenants_only_what_it_hands_out(ask: Any) -> None:
    policies = {row["tablename"] for row in ask(POLICIES) if DISPATCH_ROLE in row["roles"]}
    grants = {row["table_name"] for row in ask(GRANTS) if row["grantee"] == DISPATCH_ROLE}
    assert grants == DISPATCHED | STRANDS
    assert policies == DISPATCHED | {"reservation", "saga"}


def test_of_holds_and_sagas_the_dispatcher_sees_only_whose_they_are_and_where_they_stand(ask: Any) -> None:
    seen = {(row["table_name"], row["column_name"]) for row in ask(COLUMN_GRANTS)}
    of_whole_tables = {(table, column) for table, column in seen if table in DISPATCHED | STRANDS}
    of_holds = {("reservation", name) for name in ("tenant_id", "state", "expires_at")}
    of_sagas = {("saga", name) for name in ("tenant_id", "name", "status")}
    assert seen - of_whole_tables == of_holds | of_sagas


def test_every_key_of_a_tenant_table_begins_with_the_tenant(ask: Any) -> None:
    keys = [row for row in (*ask(KEYS), *ask(UNIQUE_INDEXES)) if row["table"] not in SYSTEM_TABLES]
    assert [tuple(row) for row in keys if row["first"] != "tenant_id"] == []


def test_what_is_append_only_cannot_be_changed(ask: Any) -> None:
    rights = {(row["table_name"], row["privilege_type"]) for row in ask(GRANTS)}
    for table in ("stock_entry", "stock_snapshot", "journal"):
        assert not rights & {(table, "UPDATE"), (table, "DELETE"), (table, "TRUNCATE")}
    assert not rights & {("snapshot_day", "UPDATE"), ("snapshot_day", "DELETE")}
    assert ("intake", "DELETE") not in rights
    assert ("intake", "UPDATE") not in rights


def test_views_ask_as_their_caller(ask: Any) -> None:
    views = ask(VIEWS)
    assert [row["relname"] for row in views if "security_invoker=true" not in (row["reloptions"] or [])] == []
