"""Who is believed: recorded vectors of Shopify, WooCommerce and Standard Webhooks, and what comes near them."""

import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.ingress.scheme import (
    TOPIC_MAX,
    BadSecret,
    SchemeName,
    check_secret,
    identity_of,
    pings,
    proven,
    sent_at,
    topic_of,
)
from core.ingress.source import AddSource, add, secrets_at, with_secret
from core.kernel.ids import SourceId
from core.webhooks.signing import secret_of, signed
from tests.support.given import NOW, TENANT, an_id

FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures"
SHOPIFY = json.loads((FIXTURES / "shopify/auth/webhook_hmac_vectors.json").read_bytes())["vectors"]
WOO = json.loads((FIXTURES / "woocommerce/http_and_webhook_rules.json").read_bytes())["webhook"]["vectors"]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SENT = datetime.fromtimestamp(1614265330, UTC)
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
BODY = b'{"test": 2432232314}'


@pytest.mark.parametrize("vector", SHOPIFY, ids=lambda vector: vector["name"])
@pytest.mark.parametrize("header", ["x-shopify-hmac-sha256", "shopify-hmac-sha256"])
def test_shopify(vector: Any, header: str) -> None:
    headers = {header: vector["hmac_base64"]}
    found = proven(SchemeName.SHOPIFY, [vector["secret"]], headers, vector["body"].encode(), NOW)
    assert found is vector["valid"]
    assert not proven(SchemeName.SHOPIFY, ["another"], headers, vector["body"].encode(), NOW)


def test_there_are_vectors_of_both_kinds() -> None:
    assert {vector["valid"] for vector in SHOPIFY} == {True, False}
    assert len(WOO) >= 3


@pytest.mark.parametrize("vector", WOO, ids=str)
def test_woocommerce(vector: Any) -> None:
    headers = {"x-wc-webhook-signature": vector["signature"]}
    body = vector["body"].encode()
    assert proven(SchemeName.WOOCOMMERCE, [vector["secret"]], headers, body, NOW) is bool(vector["secret"])
    assert not proven(SchemeName.WOOCOMMERCE, [vector["secret"]], headers, body + b" ", NOW)


def test_the_vector_of_standard_webhooks() -> None:
    assert proven(SchemeName.STANDARD, [SECRET], STANDARD, BODY, SENT)
    many = {**STANDARD, "webhook-signature": "v1a,xx v1,AAAA " + STANDARD["webhook-signature"]}
    assert proven(SchemeName.STANDARD, [SECRET], many, BODY, SENT)


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({"webhook-id": "msg_other"}, BODY),
        ({"webhook-timestamp": "1614265331"}, BODY),
        ({"webhook-signature": "v1a," + STANDARD["webhook-signature"][3:]}, BODY),
        ({"webhook-signature": ""}, BODY),
        ({"webhook-id": ""}, BODY),
        ({"webhook-timestamp": "soon"}, BODY),
        ({"webhook-timestamp": "9" * 30}, BODY),
        ({"webhook-timestamp": "-1614265330"}, BODY),
        ({"webhook-timestamp": "1614265330.5"}, BODY),
        ({}, BODY + b" "),
    ],
)
def test_what_comes_near_is_not_proven(change: dict[str, str], body: bytes) -> None:
    assert not proven(SchemeName.STANDARD, [SECRET], {**STANDARD, **change}, body, SENT)


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_signed_time_is_believed_within_five_minutes(minutes: int) -> None:
    edge = SENT + timedelta(minutes=minutes)
    assert proven(SchemeName.STANDARD, [SECRET], STANDARD, BODY, edge)
    beyond = edge + timedelta(seconds=1 if minutes > 0 else -1)
    assert not proven(SchemeName.STANDARD, [SECRET], STANDARD, BODY, beyond)


def test_what_we_send_we_would_believe() -> None:
    secret = secret_of("a" * 43)
    headers = signed([secret_of("b" * 43), secret], "m", NOW, BODY)
    assert proven(SchemeName.STANDARD, [secret], headers, BODY, NOW)


@pytest.mark.parametrize("name", SchemeName)
def test_without_a_signature_or_a_secret_nobody_is_believed(name: SchemeName) -> None:
    assert not proven(name, [SECRET], {}, BODY, NOW)
    garbage = b64encode(b"x" * 32).decode()
    headers = dict.fromkeys(("x-shopify-hmac-sha256", "x-wc-webhook-signature", "webhook-signature"), garbage)
    assert not proven(name, [SECRET], headers, BODY, NOW)
    assert not proven(name, [], {**STANDARD, **headers}, BODY, NOW)
    assert not proven(name, [""], {**STANDARD, **headers}, BODY, NOW)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        (SchemeName.SHOPIFY, ""),
        (SchemeName.SHOPIFY, "  "),
        (SchemeName.STANDARD, "whsec_*"),
        (SchemeName.STANDARD, "𝕋𝕙𝕖"),
        (SchemeName.STANDARD, "whsec_"),
    ],
)
def test_a_secret_nobody_signs_with_is_refused(name: SchemeName, secret: str) -> None:
    with pytest.raises(BadSecret) as refused:
        check_secret(name, secret)
    assert refused.value.path == "$.secret"


def test_a_notice_is_known_by_its_id_else_by_topic_and_body() -> None:
    name = SchemeName.SHOPIFY
    first = identity_of(name, {"x-shopify-webhook-id": "a"}, b"1")
    assert first == identity_of(name, {"shopify-webhook-id": "a"}, b"2")
    assert first != identity_of(name, {"x-shopify-webhook-id": "b"}, b"1")
    plain = identity_of(name, {"x-shopify-topic": "orders/paid"}, b"1")
    assert plain == identity_of(name, {"x-shopify-topic": "orders/paid", "x-shopify-webhook-id": ""}, b"1")
    assert (
        len({first, plain, identity_of(name, {}, b"1"), identity_of(name, {"x-shopify-topic": "orders/paid"}, b"2")})
        == 4
    )


def test_of_woocommerce_it_takes_delivery_id_and_body() -> None:
    """Two calls within a second share their delivery id; a thing that is deleted twice says the same twice."""
    name, at = SchemeName.WOOCOMMERCE, "x-wc-webhook-delivery-id"
    known = {identity_of(name, {at: delivery}, body) for delivery in ("a", "b") for body in (b"1", b"2")}
    assert len(known) == 4
    assert identity_of(name, {at: "a"}, b"1") in known


def test_woocommerce_asks_unsigned_whether_somebody_is_there() -> None:
    assert pings(SchemeName.WOOCOMMERCE, {}, b"webhook_id=142")
    assert not pings(SchemeName.WOOCOMMERCE, {"x-wc-webhook-signature": "AAAA"}, b"webhook_id=142")
    assert not pings(SchemeName.WOOCOMMERCE, {}, b"webhook_id=142&x=1")
    assert not pings(SchemeName.SHOPIFY, {}, b"webhook_id=142")


def test_woocommerce_signs_with_its_secret_as_a_page_would_show_it() -> None:
    body = b'{"id":727}'
    mac = b64encode(hmac.digest(b"a&b", body, "sha256")).decode()
    assert proven(SchemeName.WOOCOMMERCE, ["a&amp;b"], {"x-wc-webhook-signature": mac}, body, NOW)
    assert not proven(SchemeName.SHOPIFY, ["a&amp;b"], {"x-shopify-hmac-sha256": mac}, body, NOW)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-03-01T11:59:00.000000000Z", NOW - timedelta(minutes=1)),
        ("2026-03-01T12:59:00+01:00", NOW - timedelta(minutes=1)),
        ("2026-03-01T12:01:00Z", NOW),
        ("2026-03-01T11:00:00", NOW),
        ("0001-01-01T00:00:00+14:00", NOW),
        ("soon", NOW),
        ("", NOW),
    ],
)
def test_nothing_is_sent_later_than_it_comes(said: str, at: datetime) -> None:
    assert sent_at(SchemeName.SHOPIFY, {"x-shopify-triggered-at": said}, NOW) == at
    assert sent_at(SchemeName.STANDARD, {"x-shopify-triggered-at": said}, NOW) == NOW


def test_a_topic_is_cut_where_it_goes_on_for_ever() -> None:
    assert topic_of(SchemeName.SHOPIFY, {"x-shopify-topic": "orders/create"}) == "orders/create"
    assert topic_of(SchemeName.STANDARD, {}) == ""
    assert len(topic_of(SchemeName.SHOPIFY, {"x-shopify-topic": "o" * 5000})) == TOPIC_MAX


def test_a_replaced_secret_is_believed_for_a_day() -> None:
    command = AddSource(scheme=SchemeName.SHOPIFY, name="shop", secret="one")
    source = add(command, SourceId(an_id(1)), TENANT, NOW)
    assert secrets_at(source, NOW) == ["one"]
    changed, event = with_secret(source, "two", NOW)
    until = NOW + timedelta(hours=24)
    assert (event.old_counts_until, changed.version) == (until, 2)
    assert secrets_at(changed, until - timedelta(seconds=1)) == ["two", "one"]
    assert secrets_at(changed, until) == ["two"]
    again, _ = with_secret(changed, "three", NOW)
    assert secrets_at(again, NOW) == ["three", "two"]
    with pytest.raises(BadSecret):
        with_secret(source, " ", NOW)
