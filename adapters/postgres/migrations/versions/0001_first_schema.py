"""The first schema: tenants, catalogue, ledger, intake, orders, journal, queue, and the walls between tenants."""

from alembic import op

from adapters.postgres.isolation import grant, wall_off

revision = "0001"
down_revision = None

TENANT_TABLES = """
CREATE TABLE tenant (
    tenant_id uuid PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE api_key (
    tenant_id uuid NOT NULL REFERENCES tenant,
    id uuid NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, digest)
);

CREATE TABLE setting (
    tenant_id uuid NOT NULL REFERENCES tenant,
    name text NOT NULL,
    body bytea NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

CREATE TABLE answer (
    tenant_id uuid NOT NULL,
    key bytea NOT NULL,
    fingerprint bytea NOT NULL,
    status integer NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key)
);
"""

LEDGER = """
CREATE TABLE item (
    tenant_id uuid NOT NULL REFERENCES tenant,
    id uuid NOT NULL,
    sku text NOT NULL,
    name text NOT NULL,
    uom text NOT NULL,
    scale smallint NOT NULL,
    price_minor bigint,
    price_currency text,
    backorder_limit bigint NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, sku)
);

CREATE TABLE location (
    tenant_id uuid NOT NULL REFERENCES tenant,
    id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    priority integer NOT NULL,
    country text,
    sellable boolean NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code)
);

CREATE TABLE stock_balance (
    tenant_id uuid NOT NULL,
    item_id uuid NOT NULL,
    location_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    available bigint NOT NULL DEFAULT 0,
    reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    committed bigint NOT NULL DEFAULT 0 CHECK (committed >= 0),
    picked bigint NOT NULL DEFAULT 0 CHECK (picked >= 0),
    quality_control bigint NOT NULL DEFAULT 0 CHECK (quality_control >= 0),
    damaged bigint NOT NULL DEFAULT 0 CHECK (damaged >= 0),
    safety_stock bigint NOT NULL DEFAULT 0 CHECK (safety_stock >= 0),
    in_transit bigint NOT NULL DEFAULT 0 CHECK (in_transit >= 0),
    backorder_limit bigint NOT NULL DEFAULT 0 CHECK (backorder_limit >= 0),
    version integer NOT NULL DEFAULT 0,
    stream_id uuid NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, item_id, location_id, lot_id),
    FOREIGN KEY (tenant_id, item_id) REFERENCES item (tenant_id, id),
    FOREIGN KEY (tenant_id, location_id) REFERENCES location (tenant_id, id),
    CONSTRAINT cannot_oversell CHECK (available >= -backorder_limit),
    CONSTRAINT nothing_from_an_empty_shelf CHECK (available + reserved + committed >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE stock_entry (
    tenant_id uuid NOT NULL,
    item_id uuid NOT NULL,
    group_id uuid NOT NULL,
    number integer NOT NULL,
    location_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    target text NOT NULL CHECK (target <> source),
    quantity bigint NOT NULL CHECK (quantity > 0),
    reason text,
    cause text,
    actor text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, item_id, group_id, number)
) PARTITION BY RANGE (group_id);

CREATE TABLE demand_daily (
    tenant_id uuid NOT NULL,
    item_id uuid NOT NULL,
    day date NOT NULL,
    ordered numeric NOT NULL,
    promised numeric NOT NULL,
    PRIMARY KEY (tenant_id, item_id, day)
) WITH (fillfactor = 70);

CREATE TABLE customer_history (
    tenant_id uuid NOT NULL,
    customer text NOT NULL,
    orders integer NOT NULL,
    window_started_at timestamptz,
    window_orders integer NOT NULL,
    ship_to text,
    PRIMARY KEY (tenant_id, customer)
) WITH (fillfactor = 70);

CREATE TABLE credit_account (
    tenant_id uuid NOT NULL,
    customer text NOT NULL,
    id uuid NOT NULL,
    limit_minor bigint NOT NULL CHECK (limit_minor >= 0),
    currency text NOT NULL,
    exposure bigint NOT NULL DEFAULT 0 CHECK (exposure >= 0),
    version integer NOT NULL,
    PRIMARY KEY (tenant_id, customer)
);
"""

ORDERS = """
CREATE TABLE intake (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    lane smallint NOT NULL,
    channel text NOT NULL,
    external_id text,
    key_hash bytea,
    body_hash bytea NOT NULL,
    body bytea NOT NULL,
    received_at timestamptz NOT NULL,
    actor text NOT NULL,
    correlation text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX intake_key ON intake (tenant_id, key_hash) WHERE key_hash IS NOT NULL;
CREATE UNIQUE INDEX intake_external ON intake (tenant_id, channel, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE intake_job (
    tenant_id uuid NOT NULL,
    intake_id uuid NOT NULL,
    shard smallint NOT NULL,
    lane smallint NOT NULL,
    PRIMARY KEY (tenant_id, intake_id)
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX intake_job_claim ON intake_job (shard, lane, intake_id);

CREATE TABLE orders (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    intake_id uuid NOT NULL,
    channel text NOT NULL,
    external_id text,
    customer text,
    vendor text,
    currency text,
    total bigint NOT NULL,
    received_at timestamptz NOT NULL,
    accepted_at timestamptz,
    rejected_at timestamptz,
    held_at timestamptz,
    cancelled_at timestamptz,
    reasons bytea,
    PRIMARY KEY (tenant_id, id),
    CHECK (num_nonnulls(accepted_at, rejected_at, held_at) = 1)
) PARTITION BY RANGE (id);

CREATE TABLE order_line (
    tenant_id uuid NOT NULL,
    order_id uuid NOT NULL,
    number integer NOT NULL,
    item_id uuid NOT NULL,
    sku text NOT NULL,
    scale smallint NOT NULL,
    ordered bigint NOT NULL,
    allocated bigint NOT NULL DEFAULT 0,
    backordered bigint NOT NULL DEFAULT 0,
    shipped bigint NOT NULL DEFAULT 0,
    cancelled bigint NOT NULL DEFAULT 0,
    price bigint,
    parts bytea NOT NULL,
    PRIMARY KEY (tenant_id, order_id, number),
    CHECK (shipped <= allocated AND allocated <= ordered - cancelled)
) PARTITION BY RANGE (order_id);
"""

MESSAGES = """
CREATE SEQUENCE journal_position CACHE 64;
CREATE TABLE journal (
    tenant_id uuid NOT NULL,
    stream uuid NOT NULL,
    version integer NOT NULL,
    position bigint NOT NULL DEFAULT nextval('journal_position'),
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    name text NOT NULL,
    payload bytea NOT NULL,
    actor text NOT NULL,
    correlation text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, stream, version)
) PARTITION BY RANGE (stream);
CREATE INDEX journal_relay ON journal (transaction_id, position);
CREATE INDEX journal_tenant ON journal (tenant_id, transaction_id, position);

CREATE TABLE inbox (
    tenant_id uuid NOT NULL,
    subscriber text NOT NULL,
    stream uuid NOT NULL,
    version integer NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, subscriber, stream, version)
);

CREATE INDEX inbox_age ON inbox USING brin (applied_at);

CREATE TABLE relay_position (
    relay text PRIMARY KEY,
    transaction_id xid8 NOT NULL,
    position bigint NOT NULL,
    holder text,
    held_until timestamptz
);

CREATE TABLE worker (
    id text PRIMARY KEY,
    seen_at timestamptz NOT NULL,
    crashes integer NOT NULL DEFAULT 0
);

CREATE SEQUENCE queue_fence;
CREATE TABLE queue_job (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    queue text NOT NULL,
    payload bytea NOT NULL,
    correlation text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL,
    run_at timestamptz NOT NULL,
    leased boolean NOT NULL DEFAULT false,
    fence bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 70);
CREATE INDEX queue_job_due ON queue_job (queue, run_at);

CREATE TABLE dead_letter (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    queue text NOT NULL,
    payload bytea NOT NULL,
    correlation text NOT NULL,
    attempts integer NOT NULL,
    max_attempts integer NOT NULL,
    error_code text NOT NULL,
    error_detail text NOT NULL,
    trace text NOT NULL,
    failed_at timestamptz NOT NULL,
    forgiven_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
"""

EVERYTHING = ("SELECT", "INSERT", "UPDATE", "DELETE")
GRANTS = {
    "tenant": ("SELECT", "INSERT"),
    "api_key": ("SELECT", "INSERT", "UPDATE (revoked_at)"),
    "setting": ("SELECT", "INSERT", "UPDATE"),
    "answer": EVERYTHING,
    "item": ("SELECT", "INSERT", "UPDATE"),
    "location": ("SELECT", "INSERT", "UPDATE"),
    "stock_balance": ("SELECT", "INSERT", "UPDATE"),
    "stock_entry": ("SELECT", "INSERT"),
    "demand_daily": ("SELECT", "INSERT", "UPDATE"),
    "customer_history": ("SELECT", "INSERT", "UPDATE"),
    "credit_account": ("SELECT", "INSERT", "UPDATE"),
    "intake": ("SELECT", "INSERT", "UPDATE (key_hash)"),
    "intake_job": EVERYTHING,
    "orders": ("SELECT", "INSERT", "UPDATE"),
    "order_line": ("SELECT", "INSERT", "UPDATE"),
    "journal": ("SELECT", "INSERT"),
    "inbox": ("SELECT", "INSERT", "DELETE"),
    "queue_job": EVERYTHING,
    "dead_letter": EVERYTHING,
}
DISPATCH_GRANTS = {
    "tenant": ("SELECT",),
    "intake_job": ("SELECT", "DELETE"),
    "journal": ("SELECT",),
    "queue_job": ("SELECT", "UPDATE"),
    "dead_letter": ("SELECT",),
}


def upgrade() -> None:
    """Tables, then the wall round each, then what each role may do."""
    for script in (TENANT_TABLES, LEDGER, ORDERS, MESSAGES):
        for statement in script.split(";\n"):
            if statement.strip():
                op.execute(statement)
    for table, rights in GRANTS.items():
        op.execute(grant(table, rights, "fluxor_app"))
        for statement in wall_off(table):
            op.execute(statement)
    for table, rights in DISPATCH_GRANTS.items():
        op.execute(grant(table, rights, "fluxor_dispatch"))
        op.execute(f"CREATE POLICY dispatch ON {table} TO fluxor_dispatch USING (true)")
    for table in ("relay_position", "worker"):
        op.execute(grant(table, EVERYTHING, "fluxor_app"))
    op.execute("GRANT USAGE ON SEQUENCE journal_position TO fluxor_app")
    op.execute("GRANT USAGE ON SEQUENCE queue_fence TO fluxor_dispatch")


def downgrade() -> None:
    """Nothing is kept."""
    for table in (*reversed(GRANTS), "relay_position", "worker"):
        op.execute(f"DROP TABLE {table} CASCADE")
    op.execute("DROP SEQUENCE journal_position")
    op.execute("DROP SEQUENCE queue_fence")
