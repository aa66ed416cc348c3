"""Where webhooks may not go: every way we know of to write an address that only this machine should reach."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import pytest

from adapters.webhooks.caller import HttpCaller
from core.kernel.ids import WebhookId
from core.webhooks.target import ForbiddenTarget, check, networks_of, target_of
from tests.support.given import an_id

OPEN = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]
NAMES = {
    "metadata.example.com": ["169.254.169.254"],
    "internal.example.com": ["10.1.2.3"],
    "both.example.com": ["93.184.216.34", "192.168.1.1"],
    "six.example.com": ["fd00:ec2::254"],
    "mapped.example.com": ["::ffff:127.0.0.1"],
    "nowhere.example.com": [],
    "good.example.com": OPEN,
}
REFUSED = [
    # this machine
    "https://localhost/", "https://LOCALHOST./", "https://127.0.0.1/", "https://127.1/", "https://127.255.255.254/",
    "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://0x7f.1/", "https://0/",
    "https://0.0.0.0/", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/",
    "https://[0:0:0:0:0:ffff:169.254.169.254]/", "https://[::127.0.0.1]/",
    # its neighbours
    "https://10.0.0.1/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.0.1/",
    "https://100.64.0.1/", "https://169.254.169.254/latest/meta-data/", "https://[fe80::1]/", "https://[fc00::1]/",
    "https://[fd00:ec2::254]/", "https://internal.example.com/", "https://metadata.example.com/",
    "https://six.example.com/", "https://mapped.example.com/", "https://both.example.com/",
    # what is behind a translator or a tunnel
    "https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::a00:1]/", "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    # what is no single host in the open internet
    "https://224.0.0.1/", "https://255.255.255.255/", "https://240.0.0.1/", "https://192.0.2.1/",
    "https://198.18.0.1/", "https://198.51.100.1/", "https://203.0.113.1/", "https://[ff02::1]/",
    "https://[2001:db8::1]/", "https://192.0.0.192/", "https://192.0.0.8/", "https://[::ffff:192.0.0.192]/",
    "https://168.63.129.16/", "https://192.88.99.1/", "https://[fec0::1]/", "https://good.example.com:0/", "https://nowhere.example.com/",
    # other ways to talk
    "http://good.example.com/", "ftp://good.example.com/", "file:///etc/passwd", "gopher://good.example.com/",
    "javascript:alert(1)", "//good.example.com/", "good.example.com", "https://", "https:///path",
    "https://good.example.com:22/", "https://good.example.com:6379/", "https://good.example.com:80/",
    "http://good.example.com:443/", "https://good.example.com:99999/", "https://good.example.com:x/",
    # disguises
    "https://user@good.example.com/", "https://user:secret@good.example.com/", "https://good.example.com@127.0.0.1/",
    "https://good.example.com/#@127.0.0.1", "https://good.example.com\\@127.0.0.1/", "https://127.0.0.1\t/",
    "https://good.example.com/\r\nHost: evil", "https://ex\u0430mple.com/", "https://[::1",
    "https://good.example.com/ a",
    "https://good.example.com/" + "a" * 2000,
]  # fmt: skip
WEBHOOK = WebhookId(an_id(1))


async def named(host: str, port: int) -> Sequence[str]:
    """The names of the table, and what the system makes of numbers, without asking anybody."""
    if host in NAMES:
        return NAMES[host]
    if host == "localhost":
        return ["127.0.0.1", "::1"]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(where[0]) for *_, where in found]


class NeverConnects(HttpCaller):
    async def _post(self, *_: object) -> object:  # type: ignore[override]
        raise AssertionError("it was called")


def test_the_table_is_a_table() -> None:
    assert len(set(REFUSED)) == len(REFUSED) >= 40


@pytest.mark.parametrize("url", REFUSED)
def test_it_is_refused_when_it_is_saved_and_when_it_is_called(url: str) -> None:
    caller = NeverConnects((), "test", resolve=named)
    with pytest.raises(ForbiddenTarget) as refused:
        asyncio.run(caller.check(url))
    assert refused.value.path == "$.url"
    answer = asyncio.run(caller.call(WEBHOOK, url, {}, b""))
    assert answer.status is None
    assert answer.error


@pytest.mark.parametrize(
    "url",
    [
        "https://good.example.com/",
        "https://GOOD.example.com:8443/hooks?x=1",
        "https://93.184.216.34/",
        "https://[::ffff:93.184.216.34]/",
        "https://good.example.com.",
    ],
)
def test_the_open_internet_is_called(url: str) -> None:
    asyncio.run(HttpCaller((), "test", resolve=named).check(url))


@pytest.mark.parametrize("url", ["http://10.1.2.3/", "http://internal.example.com:8080/x", "https://10.9.9.9:5000/"])
def test_so_is_a_network_of_ones_own_at_any_port(url: str) -> None:
    own = networks_of(["10.0.0.0/8"])
    asyncio.run(HttpCaller(own, "test", resolve=named).check(url))
    with pytest.raises(ForbiddenTarget):
        asyncio.run(HttpCaller(networks_of(["10.0.0.0/16"]), "test", resolve=named).check("http://10.1.2.3/"))


def test_one_of_ones_own_does_not_open_the_others() -> None:
    with pytest.raises(ForbiddenTarget, match="h is not in the open internet"):
        check(target_of("https://h/"), ["10.0.0.1", "192.168.1.1"], networks_of(["10.0.0.0/8"]))


def test_a_name_that_means_something_else_the_next_time_is_connected_to_as_it_was_checked() -> None:
    """DNS rebinding: the first answer is harmless, every later one is this machine."""
    asked: list[str] = []
    connected: list[object] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    class Watched(HttpCaller):
        async def _post(self, target: object, addresses: Sequence[str], *given: Any) -> None:  # type: ignore[override]
            connected.extend(addresses)
            given[-1].status = 200

    caller = Watched((), "test", resolve=rebinding)
    assert asyncio.run(caller.call(WEBHOOK, "https://rebind.example.com/", {}, b"")).status == 200
    assert (asked, connected) == (["rebind.example.com"], ["93.184.216.34"])
    second = asyncio.run(caller.call(WEBHOOK, "https://rebind.example.com/", {}, b""))
    assert second.status is None
    assert "is not in the open internet" in str(second.error)
    assert "127.0.0.1" not in str(second.error)
    assert connected == ["93.184.216.34"]


def test_a_network_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        networks_of(["10.0.0.0/99"])


def test_a_name_that_does_not_resolve_is_refused_by_name() -> None:
    async def fails(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    caller = HttpCaller((), "test", resolve=fails)
    with pytest.raises(ForbiddenTarget, match=r"lost\.example\.com does not resolve"):
        asyncio.run(caller.check("https://lost.example.com/"))
    assert "gaierror" in str(asyncio.run(caller.call(WEBHOOK, "https://lost.example.com/", {}, b"")).error)
