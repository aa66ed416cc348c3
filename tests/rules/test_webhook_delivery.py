"""What becomes of a delivery and its endpoint after each attempt."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.toolkit.codec import EVENTS, WIRE
from core.kernel.event import Cursor, RecordedEvent
from core.kernel.ids import DeliveryId, StreamId, WebhookId
from core.webhooks.delivery import (
    NEXT,
    RESPONSE_MAX,
    SCHEDULE,
    Answer,
    Delivery,
    DeliveryState,
    Happening,
    asked_again,
    attempt_of,
    delivery_of,
    job_of,
)
from core.webhooks.endpoint import (
    TESTED,
    AddWebhook,
    Endpoint,
    Secret,
    UnknownEvent,
    WebhookState,
    add,
    disabled,
    enabled,
    matches,
    rotated,
    secrets_at,
    tried,
    wants,
)
from core.webhooks.settling import JITTER, WAIT_MAX, settle, wait_seconds
from core.webhooks.target import ForbiddenTarget
from tests.support.drawing import drawing
from tests.support.given import NOW, OTHER_TENANT, TENANT, an_id
from tests.support.installation import ROOT

WEBHOOK = WebhookId(an_id(1))
ENDPOINT = Endpoint(
    id=WEBHOOK, tenant=TENANT, url="https://h.example.com/", description="", events=("*",),
    secrets=(Secret(text="whsec_AA=="),), created_at=NOW,
)  # fmt: skip
DELIVERY = Delivery(
    id=DeliveryId(an_id(2)), tenant=TENANT, endpoint=WEBHOOK, event=an_id(3), name="flag.set.v1", body=b"{}",
    correlation="c", created_at=NOW,
)  # fmt: skip
FINE = Answer(status=204, error=None, body=b"ok", took_ms=12)
DOWN = Answer(status=None, error="ConnectTimeout", body=b"", took_ms=5000)
BUSY = Answer(status=503, error=None, body=b"busy", took_ms=3, retry_after=900.0)
LATER = NOW + timedelta(days=3)


def event(name: str = "order.accepted.v1", stream: str = an_id(9)) -> RecordedEvent:
    return RecordedEvent(
        tenant=TENANT, stream=StreamId(stream), version=1, name=name, payload=b"{}", actor="a", correlation="c-7",
        recorded_at=NOW, cursor=Cursor("1-1"), wire=WIRE,
    )  # fmt: skip


def test_what_is_taken_is_delivered_and_its_body_kept_no_longer() -> None:
    settled = settle(DELIVERY, ENDPOINT, FINE, 1, NOW)
    assert settled.delivery == replace(DELIVERY, state=DeliveryState.DELIVERED, attempts=1, detail="HTTP 204", body=b"")
    assert (settled.endpoint, settled.again, settled.announced) == (ENDPOINT, None, None)


@pytest.mark.parametrize("status", [199, 301, 302, 307, 400, 401, 404, 409, 429, 500, 503])
def test_whatever_else_it_answers_is_tried_again(status: int) -> None:
    settled = settle(DELIVERY, ENDPOINT, replace(FINE, status=status), 1, NOW)
    assert settled.delivery == replace(DELIVERY, attempts=1, detail=f"HTTP {status}")
    assert settled.again == wait_seconds(1, None, DELIVERY.id)
    assert settled.endpoint == replace(ENDPOINT, failing_since=NOW)


def test_ten_attempts_within_some_three_days() -> None:
    waits = [wait_seconds(made, None, DELIVERY.id) for made in range(1, 10)]
    assert len(SCHEDULE) == 10
    assert all(abs(wait - plain) <= JITTER * plain for wait, plain in zip(waits, SCHEDULE[1:], strict=True))
    assert timedelta(days=3) <= timedelta(seconds=sum(SCHEDULE)) <= timedelta(days=3.2)
    assert settle(DELIVERY, ENDPOINT, DOWN, 9, NOW).again == waits[8]
    last = settle(DELIVERY, ENDPOINT, DOWN, 10, NOW)
    assert (last.delivery.state, last.delivery.detail, last.again) == (DeliveryState.FAILED, "ConnectTimeout", None)
    assert last.delivery.body == b"{}"
    assert last.announced is None


def test_who_asks_to_be_left_alone_is_but_not_for_longer_than_a_day() -> None:
    assert settle(DELIVERY, ENDPOINT, BUSY, 1, NOW).again == 900.0
    assert settle(DELIVERY, ENDPOINT, BUSY, 5, NOW).again == wait_seconds(5, None, DELIVERY.id) > 900
    assert settle(DELIVERY, ENDPOINT, replace(BUSY, retry_after=1e9), 1, NOW).again == WAIT_MAX


def test_deliveries_do_not_all_come_back_at_once() -> None:
    assert len({wait_seconds(3, None, an_id(number)) for number in range(20)}) == 20


def test_who_is_gone_is_called_no_more() -> None:
    settled = settle(DELIVERY, ENDPOINT, replace(FINE, status=410), 1, NOW)
    assert (settled.delivery.state, settled.delivery.attempts) == (DeliveryState.FAILED, 1)
    assert settled.endpoint is not None
    assert settled.endpoint.disabled == "it answered 410 Gone"
    assert settled.endpoint.version == ENDPOINT.version + 1
    assert settled.announced is not None
    assert settled.announced.reason == "it answered 410 Gone"


def test_who_took_nothing_for_three_days_is_called_no_more() -> None:
    failing = replace(ENDPOINT, failing_since=NOW)
    assert settle(DELIVERY, failing, DOWN, 9, LATER).announced is None
    assert settle(DELIVERY, failing, DOWN, 10, LATER - timedelta(seconds=1)).announced is None
    settled = settle(DELIVERY, failing, DOWN, 10, LATER)
    assert settled.endpoint is not None
    assert settled.endpoint.disabled == "it took nothing for 3 days: ConnectTimeout"


def test_one_that_is_taken_wipes_the_slate() -> None:
    failing = replace(ENDPOINT, failing_since=NOW)
    assert settle(DELIVERY, failing, DOWN, 1, LATER).endpoint == failing
    assert settle(DELIVERY, failing, FINE, 1, LATER).endpoint == ENDPOINT


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        (None, "the webhook was removed"),
        (replace(ENDPOINT, disabled="gone"), "the webhook is disabled: gone"),
        (ENDPOINT, "nobody survived calling it"),
    ],
)
def test_who_is_not_called_gets_nothing(endpoint: Endpoint | None, why: str) -> None:
    settled = settle(DELIVERY, endpoint, None, 11, NOW)
    assert settled.delivery == replace(DELIVERY, state=DeliveryState.FAILED, detail=why)
    assert (settled.endpoint, settled.again) == (endpoint, None)


def test_who_is_enabled_before_that_is_written_down_is_called_at_once() -> None:
    settled = settle(DELIVERY, ENDPOINT, None, 10, NOW)
    assert (settled.delivery, settled.again, settled.counted) == (DELIVERY, 0.0, False)


def test_of_what_went_wrong_a_line_is_kept() -> None:
    shouting = replace(DOWN, error="x" * 100_000)
    assert len(attempt_of(DELIVERY, shouting, NOW).error or "") == 200
    assert len(settle(DELIVERY, ENDPOINT, shouting, 1, NOW).delivery.detail) == 200


def test_what_was_under_way_when_it_was_disabled_counts_if_it_was_taken() -> None:
    for endpoint in (None, replace(ENDPOINT, disabled="gone")):
        assert settle(DELIVERY, endpoint, FINE, 1, NOW).delivery.state is DeliveryState.DELIVERED
        missed = settle(DELIVERY, endpoint, DOWN, 1, NOW)
        assert (missed.delivery.state, missed.delivery.attempts) == (DeliveryState.FAILED, 1)


def test_a_delivery_ends_once_and_can_be_asked_for_again() -> None:
    ends = {DeliveryState.DELIVERED, DeliveryState.FAILED}
    assert {came for came, _ in NEXT} == set(DeliveryState)
    assert all(NEXT[end, Happening.ASKED_AGAIN] is DeliveryState.WAITING for end in ends)
    delivered = settle(DELIVERY, ENDPOINT, FINE, 1, NOW).delivery
    again = asked_again(delivered, b"{}", LATER)
    assert again == replace(DELIVERY, attempts=1, detail="asked for again", created_at=LATER)
    with pytest.raises(KeyError):
        asked_again(again, b"other", LATER)
    with pytest.raises(KeyError):
        settle(delivered, ENDPOINT, FINE, 1, NOW)


def test_the_log_keeps_four_kilobytes_of_an_answer() -> None:
    attempt = attempt_of(replace(DELIVERY, attempts=4), replace(FINE, body=b"x" * 10_000), NOW)
    assert (attempt.number, len(attempt.response), RESPONSE_MAX) == (5, 4096, 4096)


def test_an_event_has_one_delivery_to_an_endpoint() -> None:
    one, other = delivery_of(event(), ENDPOINT, b"1", NOW), delivery_of(event(), ENDPOINT, b"2", LATER)
    elsewhere = delivery_of(event(), replace(ENDPOINT, id=WebhookId(an_id(8))), b"1", NOW)
    assert one.id == other.id != elsewhere.id
    job = job_of(one)
    assert (job.id, job.payload.decode(), job.queue, job.max_attempts) == (one.id, WEBHOOK, "webhooks", 10)


@pytest.mark.parametrize(
    ("pattern", "name", "meant"),
    [
        ("*", "order.accepted.v1", True),
        ("order.*", "order.accepted.v1", True),
        ("order.*", "order_return.moved.v1", False),
        ("order.accepted.v1", "order.accepted.v1", True),
        ("order.accepted", "order.accepted.v1", False),
        ("order.accepted.*", "order.accepted.v1", False),
        ("or*", "order.accepted.v1", False),
        ("", "order.accepted.v1", False),
    ],
)
def test_a_pattern_means_a_name_a_family_or_everything(pattern: str, name: str, meant: bool) -> None:
    assert matches(pattern, name) is meant


def test_a_test_goes_to_whom_it_is_about_whatever_he_wants() -> None:
    picky = replace(ENDPOINT, events=("order.*",))
    assert not wants(picky, event("stock.moved.v1"))
    assert wants(picky, event())
    assert wants(picky, event(TESTED, stream=WEBHOOK))
    assert not wants(ENDPOINT, event(TESTED))


def test_what_is_added_is_checked_first() -> None:
    made = add(
        AddWebhook(url="https://h.example.com/", events=("order.*", "order.*")), WEBHOOK, TENANT, "s", NOW, EVENTS
    )
    assert (made.events, made.secrets, made.disabled) == (("order.*",), (Secret(text="s"),), None)
    with pytest.raises(UnknownEvent, match=r"'ordr\.\*'") as refused:
        add(AddWebhook(url="https://h.example.com/", events=("*", "ordr.*")), WEBHOOK, TENANT, "s", NOW, EVENTS)
    assert refused.value.path == "$.events[1]"
    with pytest.raises(ForbiddenTarget):
        add(AddWebhook(url="gopher://h/", events=("*",)), WEBHOOK, TENANT, "s", NOW, EVENTS)


def test_a_rotated_secret_signs_beside_the_new_one_for_a_day() -> None:
    once, event_ = rotated(ENDPOINT, "whsec_BB==", NOW)
    until = NOW + timedelta(hours=24)
    assert event_.old_counts_until == until
    assert secrets_at(once, until - timedelta(seconds=1)) == ["whsec_BB==", "whsec_AA=="]
    assert secrets_at(once, until) == ["whsec_BB=="]
    twice, _ = rotated(once, "whsec_CC==", NOW)
    assert secrets_at(twice, NOW) == ["whsec_CC==", "whsec_BB=="]
    assert "whsec" not in repr(event_)


def test_an_endpoint_is_enabled_and_disabled_in_turn() -> None:
    off, why = disabled(replace(ENDPOINT, failing_since=NOW), "too slow")
    assert (why.reason, why.url, off.version) == ("too slow", ENDPOINT.url, 2)
    for refuse in (lambda: disabled(off, "again"), lambda: tried(off), lambda: enabled(ENDPOINT)):
        with pytest.raises(WebhookState):
            refuse()
    on, _ = enabled(off)
    assert on == replace(ENDPOINT, version=3)
    assert tried(on)[0].version == 4
    assert OTHER_TENANT not in repr(on)


def test_the_page_draws_the_table() -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    assert drawing(NEXT, DeliveryState.WAITING) in page
    said = " ".join(page.split())
    *most, last = [f"{seconds / 3600:.0f} h" for seconds in SCHEDULE if seconds >= 3600]
    assert f"then after 5 s, 5 min, 30 min, {', '.join(most)} and {last}," in said
