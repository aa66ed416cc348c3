"""Where a webhook may go: an address of the open internet, or of a network the installation names as its own.

A caller who chooses an address must not reach what only this machine can: its own services, its neighbours, the
provider's metadata. Names are resolved by whoever calls, and each address that comes out is held against these rules.
"""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from core.kernel.errors import Rejected
from core.kernel.value import value

URL_MAX = 2_000
PORTS = {"https": frozenset({443, 8443})}
"""What is called in the open internet, by scheme; in own networks any port, and http as well."""
OWN_SCHEMES = frozenset({"https", "http"})
DEFAULT_PORT = {"https": 443, "http": 80}
_EMBEDDING = tuple(ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
"""IPv6 with an IPv4 address within (NAT64, 6to4, Teredo, compatible): what is behind it nobody sees from outside."""
_INSIDE = tuple(
    ip_network(net)
    for net in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "100.64.0.0/10", "fec0::/10", "fc00::/7")
)
"""What clouds and older networks keep for themselves, and not every Python knows as such: protocol assignments, relays,
a provider's own host, carriers, site-local and unique local addresses."""

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class ForbiddenTarget(Rejected):
    """An address webhooks must not go to."""

    code = "forbidden_target"


@value
class Target:
    """A URL taken apart; ``path`` holds the query too. ``host`` is in lower case, without brackets."""

    scheme: str
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """The parts of ``url``. Raises ForbiddenTarget for what is no plain http(s) URL, naming ``$.url``."""
    if len(url) > URL_MAX or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _forbidden(f"a URL is at most {URL_MAX} printable ASCII characters without spaces and backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _forbidden(f"'{url}' is no URL: {error}") from error
    if parts.scheme not in OWN_SCHEMES or not parts.hostname:
        raise _forbidden("a URL begins with https:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise _forbidden("a URL holds no user and no password: deliveries are signed")
    if parts.fragment or port == 0:
        raise _forbidden("a URL has no fragment, and a port, if any, from 1 to 65535")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.hostname.rstrip(".")
    return Target(scheme=parts.scheme, host=host, port=port or DEFAULT_PORT[parts.scheme], path=path)


def networks_of(texts: Collection[str]) -> tuple[Network, ...]:
    """The networks written in ``texts``, such as ``10.0.0.0/8``. Raises ValueError, naming the one that is none."""
    return tuple(ip_network(text) for text in texts)


def check(target: Target, addresses: Collection[str], own: Collection[Network]) -> None:
    """Raise ForbiddenTarget unless every one of ``addresses``, to which the host resolves, may be called.

    One bad address among good ones is enough: whoever answers for the name could mean that one the next time.
    """
    if not addresses:
        raise _forbidden(f"{target.host} has no address")
    for text in addresses:
        address = ip_address(text.partition("%")[0])
        if any(address in network for network in own):
            continue
        if not _is_open(address):
            # Without the address: whoever asks would learn what names mean inside.
            raise _forbidden(f"{target.host} is not in the open internet")
        if target.port not in PORTS.get(target.scheme, frozenset()):
            allowed = ", ".join(f"{scheme} {sorted(ports)}" for scheme, ports in PORTS.items())
            raise _forbidden(f"{target.scheme} on port {target.port} is not called; what is: {allowed}")


def _is_open(address: Address) -> bool:
    """Whether anybody may talk to it: global, one host, and itself rather than a wrapping of another address."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_open(address.ipv4_mapped)
        if any(address in network for network in _EMBEDDING):
            return False
    if any(address in network for network in _INSIDE):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _forbidden(detail: str) -> ForbiddenTarget:
    return ForbiddenTarget(detail, path="$.url")
