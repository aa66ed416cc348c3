"""The wall between tenants: roles, forced row-level security, and the setting that names who may be seen.

``fluxor_app`` is what every connection acts as: it owns nothing and bypasses nothing. ``fluxor_dispatch`` may, besides,
see which work waits and what the journal holds across tenants; a transaction takes that role for one statement and
gives it back before it touches anything else. Connections that only carry messages have it all the time.
"""

from collections.abc import Collection, Iterable

APP_ROLE = "fluxor_app"
DISPATCH_ROLE = "fluxor_dispatch"

VISIBLE = """(
    tenant_id = ANY ((SELECT string_to_array(NULLIF(current_setting('app.tenant_id', true), ''), ',')::uuid[])::uuid[])
) IS TRUE"""
"""Plain equality for one tenant, membership for a batch that spans several.

The sub-select is evaluated once a statement, not once a row. ``IS TRUE`` keeps the wall out of index look-ups: a
statement finds its rows by the tenant it names itself, and the wall then only refuses; left to choose, the planner
walks all rows of the tenant through the wall's condition instead of the few the statement asks for.
"""

ROLES = f"""
DO $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('fluxor roles'));
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
        CREATE ROLE {APP_ROLE} NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{DISPATCH_ROLE}') THEN
        CREATE ROLE {DISPATCH_ROLE} NOLOGIN;
    END IF;
EXCEPTION WHEN unique_violation OR duplicate_object THEN
    NULL; -- roles belong to the whole cluster: another database's migration made them in the same moment
END $$
"""
BECOME_ROLES = f"""
DO $$
BEGIN
    IF NOT (pg_has_role(current_user, '{APP_ROLE}', 'SET') AND pg_has_role(current_user, '{DISPATCH_ROLE}', 'SET')) THEN
        EXECUTE format('GRANT {APP_ROLE}, {DISPATCH_ROLE} TO %I WITH INHERIT FALSE, SET TRUE', current_user);
    END IF;
END $$
"""


def wall_off(table: str) -> Iterable[str]:
    """The statements that keep each tenant's rows of ``table`` to itself, from its owner too."""
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    yield f"CREATE POLICY tenant ON {table} TO {APP_ROLE} USING ({VISIBLE}) WITH CHECK ({VISIBLE})"


def grant(table: str, rights: Collection[str], role: str) -> str:
    """Allow ``role`` just ``rights`` on ``table``."""
    return f"GRANT {', '.join(rights)} ON {table} TO {role}"
