"""What notices say, and which of them are news, whatever the order they come in."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.toolkit.notices import read_notice
from core.ingress.notice import AHEAD, NEXT, Finding, Notice, NoticeState, Reading, dated, found, subject_of, told
from core.ingress.scheme import SchemeName
from core.kernel.ids import NoticeId, SourceId
from tests.support.drawing import drawing
from tests.support.given import TENANT, an_id

FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures"
SAMPLES = sorted((FIXTURES / "shopify/webhooks/samples_2025-01").glob("*.json"))
RECORDED = sorted((FIXTURES / "shopify/webhooks/recorded").glob("*.json"))
SOURCE = SourceId(an_id(1))


@pytest.mark.parametrize(
    ("topic", "sample", "subject", "changed_at"),
    [
        ("orders/create", "orders_create", "orders:820982911946154508", datetime(2022, 1, 1, 0, 0, tzinfo=UTC)),
        (
            "inventory_levels/update",
            "inventory_levels_update",
            "inventory_levels:271878346596884015:24826418",
            datetime(2022, 1, 1, 0, 0, tzinfo=UTC),
        ),
        ("orders/delete", "orders_delete", "orders:820982911946154500", None),
    ],
)
def test_shopify_samples(topic: str, sample: str, subject: str, changed_at: datetime | None) -> None:
    body = (FIXTURES / f"shopify/webhooks/samples_2025-01/{sample}.json").read_bytes()
    reading = read_notice(SchemeName.SHOPIFY, topic, body)
    assert (reading.subject, reading.changed_at) == (subject, changed_at)
    assert len(reading.digest) == 32


@pytest.mark.parametrize("path", SAMPLES + RECORDED, ids=lambda path: path.stem)
def test_every_sample_is_read(path: Path) -> None:
    body = path.read_bytes()
    said: Any = json.loads(body)
    reading = read_notice(SchemeName.SHOPIFY, "things/update", body)
    if isinstance(said.get("id"), int):
        assert reading.subject == f"things:{said['id']}"
    assert (reading.changed_at is None) == (said.get("updated_at") is None)


def test_there_are_samples() -> None:
    assert len(SAMPLES) > 20
    assert RECORDED


def test_woocommerce_and_standard() -> None:
    woo = read_notice(SchemeName.WOOCOMMERCE, "order.updated", b'{"id":727,"date_modified_gmt":"2026-03-01T12:00:00"}')
    assert (woo.subject, woo.changed_at) == ("order:727", datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert read_notice(SchemeName.WOOCOMMERCE, "order.deleted", b'{"id":727}').changed_at is None
    body = b'{"type":"invoice.paid","timestamp":"2026-03-01T13:00:00+01:00","data":{"id":"in_1"}}'
    standard = read_notice(SchemeName.STANDARD, "", body)
    assert (standard.subject, standard.changed_at) == ("invoice.paid:in_1", datetime(2026, 3, 1, 12, tzinfo=UTC))
    event = b'{"type":"order.accepted.v1","time":"2026-03-01T12:00:00Z","subject":"s-1","data":{"lines":[]}}'
    assert read_notice(SchemeName.STANDARD, "", event).subject == "order.accepted.v1:s-1"
    assert read_notice(SchemeName.STANDARD, "", b"{}").subject is None
    for data in (b"[1]", b"null", b'"text"', b'{"id":[1]}', b'{"id":null}', b'{"id":true}', b'{"id":""}'):
        assert read_notice(SchemeName.STANDARD, "", b'{"type":"a.b","data":' + data + b"}").subject is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"webhook_id=142",
        b'{"id":[1]}',
        b'{"id":1,"updated_at":"soon"}',
        b"\xff",
        b'{"id":1,"updated_at":"0001-01-01T00:00:00+14:00"}',
        b'{"id":1,"updated_at":"9999-12-31T23:59:59-14:00"}',
        b'{"id":"a\\u0000b"}',
        b'{"id":"' + b"x" * 600 + b'"}',
    ],
)
def test_what_cannot_be_read_is_said_so(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_notice(SchemeName.SHOPIFY, "orders/create", body)


def reading(minute: int | None, digest: bytes) -> Reading:
    at = None if minute is None else datetime(2026, 3, 1, 12, minute, tzinfo=UTC)
    return Reading(subject="orders:1", changed_at=at, digest=digest)


@given(st.permutations(list(range(12))), st.lists(st.integers(0, 11), max_size=12), st.randoms(use_true_random=False))
def test_in_whatever_order_they_come_and_however_often_the_newest_wins(
    order: list[int], repeated: list[int], lots: Any
) -> None:
    """Each minute says something of its own."""
    coming = [*order, *repeated]
    lots.shuffle(coming)
    subject = subject_of(SOURCE, "orders:1")
    accepted = []
    for minute in coming:
        one = reading(minute, bytes([minute]))
        finding = found(subject, one)
        assert (finding is Finding.NEWS) == (not accepted or minute > max(accepted))
        if finding is Finding.NEWS:
            accepted.append(minute)
            subject = told(subject, one, NoticeId(an_id(minute)))
    assert (subject.digest, subject.notice, subject.told) == (bytes([11]), an_id(11), len(accepted))


def test_of_one_moment_the_later_word_counts_and_the_same_word_is_known() -> None:
    subject = told(subject_of(SOURCE, "orders:1"), reading(5, b"a"), NoticeId(an_id(1)))
    assert found(subject, reading(5, b"a")) is Finding.KNOWN
    assert found(subject, reading(5, b"b")) is Finding.NEWS
    assert found(subject, reading(4, b"b")) is Finding.OLDER
    assert found(subject, reading(6, b"a")) is Finding.KNOWN


def a_notice(sent: int, received: int) -> Notice:
    day = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return Notice(
        id=NoticeId(an_id(5)), tenant=TENANT, source=SOURCE, scheme=SchemeName.SHOPIFY, identity="i", topic="t",
        body=b"", correlation="c", sent_at=day + timedelta(minutes=sent), received_at=day + timedelta(minutes=received),
    )  # fmt: skip


def test_what_does_not_say_since_when_is_so_since_it_was_sent() -> None:
    gone = dated(reading(None, b"gone"), a_notice(sent=10, received=20))
    assert gone == reading(10, b"gone")
    subject = told(subject_of(SOURCE, "orders:1"), gone, NoticeId(an_id(1)))
    assert found(subject, reading(9, b"late")) is Finding.OLDER
    assert found(subject, reading(11, b"restored")) is Finding.NEWS


def test_a_time_that_is_yet_to_come_is_none() -> None:
    notice = a_notice(sent=10, received=20)
    soon = replace(reading(0, b"a"), changed_at=notice.received_at + AHEAD)
    assert dated(soon, notice) == soon
    later = replace(soon, changed_at=notice.received_at + AHEAD + timedelta(seconds=1))
    assert dated(later, notice).changed_at == notice.sent_at


def test_the_same_body_under_another_topic_says_something_else() -> None:
    body = b'{"id":1,"updated_at":"2026-03-01T12:00:00Z"}'
    one, other = (read_notice(SchemeName.SHOPIFY, topic, body) for topic in ("orders/create", "orders/paid"))
    subject = told(subject_of(SOURCE, "orders:1"), one, NoticeId(an_id(1)))
    assert one.subject == other.subject
    assert found(subject, other) is Finding.NEWS


def test_a_notice_ends_once() -> None:
    assert {state for state, _ in NEXT} == {NoticeState.RECEIVED}
    assert set(NEXT.values()) == set(NoticeState) - {NoticeState.RECEIVED}
    assert {finding for _, finding in NEXT} == set(Finding)


def test_a_subject_is_its_sources_own() -> None:
    other = subject_of(SourceId(an_id(2)), "orders:1")
    assert subject_of(SOURCE, "orders:1").id not in (other.id, subject_of(SOURCE, "orders:2").id)


def test_the_page_draws_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    assert drawing(NEXT, NoticeState.RECEIVED) in page
