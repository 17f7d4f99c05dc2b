"""Where notices may go: http or https, and by default no address of a private network.

A name is resolved, each of its addresses is judged, and the connection is made to a judged address:
a name that answers differently the second time gains nothing.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from firmtrack.errors import FirmtrackError

_PORTS = {"http": 80, "https": 443}
_ADDRESS_CHARACTERS = 500


class UnfitAddress(FirmtrackError):
    """An address that notices cannot be sent to."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"The address {problem}.")


class PrivateAddress(UnfitAddress):
    """The name stands for an address of a private, loopback or otherwise special network."""

    def __init__(self, host: str) -> None:
        super().__init__(f"is not one of the public Internet: {host[:100]}")


def check_address(url: str, *, may_be_private: bool) -> None:
    """Raise UnfitAddress if no call to ``url`` can ever be made; the name is not resolved.

    Without ``may_be_private`` it must be https.
    """
    if len(url) > _ADDRESS_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url:
        raise UnfitAddress(f"is not up to {_ADDRESS_CHARACTERS} visible ASCII characters")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises for what is no port
    except ValueError:
        raise UnfitAddress("is not a URL") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise UnfitAddress("must begin with https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise UnfitAddress("must not hold a user name or password")
    if parts.fragment:
        raise UnfitAddress("must not hold a fragment")
    if may_be_private:
        return
    if parts.scheme != "https":
        raise UnfitAddress("must begin with https://")
    try:
        literal = ip_address(parts.hostname)
    except ValueError:
        return
    if not _is_public(literal):
        raise PrivateAddress(parts.hostname)


def resolve(host: str, port: int, *, may_be_private: bool) -> Sequence[str]:
    """Return the numeric addresses that ``host`` stands for, in the resolver's order.

    Raises PrivateAddress if any of them is not public, OSError if the name is not known.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    if not may_be_private and not all(
        _is_public(ip_address(address.partition("%")[0])) for address in addresses
    ):
        raise PrivateAddress(host)
    return addresses


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether the address is of the public Internet; one that wraps an IPv4 one, as that.

    Wrapped are ``::ffff:0:0/96`` (RFC 4291), 6to4 (RFC 3056), and NAT64 (RFC 6052).
    """
    if isinstance(address, IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if wrapped is None and int(address) >> 32 == 0x0064FF9B << 64:
            wrapped = IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            return _is_public(wrapped)
    return address.is_global and not address.is_multicast
