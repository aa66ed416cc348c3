"""Incoming webhooks while the broker is down, some twice, late or forged: what is known at the end is the truth."""

from tests.load.inbound import DUPLICATES, FORGED, run

CALLS = 2_000


def test_whatever_comes_in_whatever_order_the_truth_is_known_at_the_end() -> None:
    told, right = run(CALLS, workers=1)
    assert right, told
    assert told["answers"] == {"forged 401": CALLS * FORGED, "true 200": CALLS * (1 - FORGED)}
    assert set(told["notices"]) == {"accepted", "stale"}
    assert sum(told["notices"].values()) == int(CALLS * (1 - FORGED) * (1 - DUPLICATES))
