"""Signatures of webhooks: the vector the standard's own libraries are held to, and what a signature covers."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest

from core.webhooks.signing import secret_of, signed

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_AAECAwQFBgcICQoLDA0ODw=="
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_the_vector_of_the_standard() -> None:
    assert signed([SECRET], ID, AT, BODY) == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_replaced_both_sign() -> None:
    both = signed([OTHER, SECRET], ID, AT, BODY)["webhook-signature"].split(" ")
    assert both == [signed([one], ID, AT, BODY)["webhook-signature"] for one in (OTHER, SECRET)]
    assert len(set(both)) == 2


@pytest.mark.parametrize(
    ("message", "at", "body"),
    [("msg_other", AT, BODY), (ID, AT.replace(second=0), BODY), (ID, AT, BODY + b" ")],
)
def test_another_id_time_or_body_has_another_signature(message: str, at: datetime, body: bytes) -> None:
    name = "webhook-signature"
    assert signed([SECRET], message, at, body)[name] != signed([SECRET], ID, AT, BODY)[name]


def test_a_secret_is_the_random_bytes_behind_its_prefix() -> None:
    secret = secret_of("-_" + "A" * 41)
    assert secret.startswith("whsec_")
    key = b64decode(secret.removeprefix("whsec_"), validate=True)
    assert len(key) == 32
    mac = hmac.new(key, b"m.1614265330." + BODY, hashlib.sha256).digest()
    assert signed([secret], "m", AT, BODY)["webhook-signature"] == "v1," + b64encode(mac).decode()


def test_what_is_no_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="a webhook secret is base64"):
        signed(["whsec_not*base64"], ID, AT, BODY)
