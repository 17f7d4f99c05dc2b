"""Who a client is that comes through proxies: they say it, and only those that are named may.

Of what proxies write, ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are read, and nothing else.
"""

import logging
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from mmap import mmap
from typing import NamedTuple, TypeAlias

from firmtrack.gateway.seldom import Seldom

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_FOR, _PROTO = b"x-forwarded-for", b"x-forwarded-proto"
_PREFIX = b"x-forwarded-"
_OTHERS = frozenset({b"forwarded", b"x-real-ip"})
_CLAIMS = (_FOR, _PROTO, b"forwarded")
UNDECLARED_PROXY = "undeclared_proxy"
"""By this name whoever serves leaves, for other programs, what ``undeclared_proxy`` returns."""

_MOST_PROXIES = 32
_ADDRESS_BYTES = 64
_SCHEMES = frozenset({"http", "https"})
_logger = logging.getLogger(__name__)
_undeclared = Seldom()
_latest_undeclared = mmap(-1, _ADDRESS_BYTES)  # one for all processes, like what is made of mmap


class Client(NamedTuple):
    """Where a request comes from, and by which of http and https."""

    address: str
    scheme: str


class Proxies:
    """The proxies that are believed: all within the networks."""

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._networks = tuple(networks)
        self._known = lru_cache(maxsize=1024)(self._look_at)

    def client(self, peer: str, said: Mapping[bytes, list[str]]) -> Client:
        """Return who asks, and by what, where ``peer`` has the connection and says this.

        ``said`` are the headers for which ``is_a_proxys`` is true. The client is the last in
        X-Forwarded-For that is not believed itself. What stands left of it anybody may have
        written; where something stands that is no address, nobody knows more than who sent that.
        """
        text, address = self._known(peer)
        if address is None:
            if said and any(name in said for name in _CLAIMS):
                _tell_of_undeclared(text)
            return Client(text, "http")
        scheme = _last(said.get(_PROTO, [])).lower()
        return Client(
            str(self._before(address, said.get(_FOR, []))),
            scheme if scheme in _SCHEMES else "http",
        )

    def _look_at(self, peer: str) -> tuple[str, Address | None]:
        """Return the address in its one spelling, and again as a value if it is believed."""
        address = read_address(peer)
        if address is None:
            return peer, None
        return str(address), address if self._is_within(address) else None

    def _before(self, peer: Address, forwarded_for: list[str]) -> Address:
        client = peer
        for text in reversed(",".join(forwarded_for).rsplit(",", _MOST_PROXIES)[-_MOST_PROXIES:]):
            if not text.strip():
                continue  # a list may have empty places (RFC 9110, section 5.6.1)
            address = read_address(text)
            if address is None:
                break
            client = address
            if not self._is_within(address):
                break
        return client

    def _is_within(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


NO_PROXIES = Proxies()


def is_a_proxys(header: bytes) -> bool:
    """Return whether a header, in lower case, is one that proxies write: no application sees it."""
    return header.startswith(_PREFIX) or header in _OTHERS


def read_address(text: str) -> Address | None:
    """Return the address that stands there in any spelling, with a port or without, or None.

    An IPv4 address within an IPv6 one is that IPv4 address. A zone is left out.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text, closing, port = text[1:].partition("]")
        is_well_formed = closing and (not port or (_is_port(port[1:]) and port[0] == ":"))
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        is_well_formed = _is_port(port)
    else:
        is_well_formed = True
    if not is_well_formed:
        return None
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def undeclared_proxy() -> str | None:
    """Return who last sent a proxy's header and is not believed, None if nobody has yet.

    It is a proxy that should be named, or a client that makes things up. All processes of a server
    answer the same.
    """
    return _latest_undeclared[:].rstrip(b"\0").decode("ascii") or None


def _tell_of_undeclared(peer: str) -> None:
    if not _undeclared.is_due(peer):
        return
    _latest_undeclared[:] = peer.encode()[:_ADDRESS_BYTES].ljust(_ADDRESS_BYTES, b"\0")
    _logger.warning(
        "FIRMTRACK_TRUSTED_PROXIES does not name %s, which sends a header of proxies: it is "
        "ignored. If that is your proxy, name it: until then forms of https pages are refused, and "
        "all who come through it count as one address.",
        peer or "the other end of a connection",
    )


def _last(values: list[str]) -> str:
    """Return the last element of a header: what the nearest proxy has set."""
    return values[-1].rpartition(",")[2].strip() if values else ""


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5
