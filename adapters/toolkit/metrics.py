"""Every metric there is, declared once: its name, what it says, its labels. What is not declared here is not told."""

from collections.abc import Mapping

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "orders_enqueued_total": ("Orders taken in", ("priority",)),
    "orders_failed_total": ("Orders that could not be decided", ("reason",)),
    "saga_jobs_failed_total": ("Steps and time limits of sagas that were given up", ("reason",)),
    "saga_steps_total": ("Steps of sagas asked and answered", ("saga", "act", "outcome")),
    "order_processed_total": ("Orders decided", ("status",)),
    "http_requests_total": ("HTTP requests answered", ("status",)),
    "journal_events_relayed_total": ("Journal events delivered and confirmed", ("relay",)),
    "events_received_total": ("Events taken from a broker to their subscribers", ()),
    "events_set_aside_total": ("Events that broke their batch, or wait for one that did", ("waits",)),
    "events_buried_total": ("Events that were given up", ("reason",)),
    "covering_failed_total": ("Shelves whose waiting orders could not be covered", ()),
    "chores_fired_total": ("Chores that were due", ("chore",)),
    "chores_done_total": ("Chores that were done", ("chore",)),
    "chores_failed_total": ("Chores that failed", ("chore",)),
    "webhook_attempts_total": ("Calls of endpoints, by what became of the delivery", ("outcome",)),
    "notices_received_total": ("Incoming webhooks that were proven", ("scheme", "fresh")),
    "notices_refused_total": ("Incoming webhooks that were not proven", ("scheme",)),
    "notices_processed_total": ("Incoming webhooks looked into", ("state",)),
    "notices_buried_total": ("Incoming webhooks that were given up", ("reason",)),
    "webhooks_disabled_total": ("Endpoints that are called no more because they failed", ()),
    "circuit_breaker_total": ("What happened to breakers", ("breaker", "event")),
    "http_stale_answers_total": ("Requests answered with what was known last", ()),
    "database_pool_exhausted_total": ("Requests that found no database connection", ()),
}
SECONDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "http_request_duration_seconds": ("HTTP request duration", ()),
    "api_response_time_seconds": ("Time to answer, by endpoint", ("endpoint",)),
    "order_processing_time_seconds": ("From taken in to decided", ()),
    "order_batch_seconds": ("One batch of the worker", ()),
    "fluxor_command_seconds": ("One command through the door", ("command", "outcome")),
}
GAUGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "queue_depth": ("Jobs in a queue", ("queue", "state")),
    "sagas_stuck": ("Sagas that wait for a person", ("saga",)),
    "journal_relay_lag_seconds": ("Age of the oldest event that was not relayed yet", ("relay",)),
    "circuit_breakers": ("Breakers that are not closed", ("breaker", "state")),
    "database_pool_connections": ("Database connections", ("state",)),
}
