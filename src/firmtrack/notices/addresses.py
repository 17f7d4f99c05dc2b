"""Where notices may go: by default https, and no address but those of the public Internet.

A name is resolved, each of its addresses is judged, and the connection is made to a judged address:
a name that answers differently the second time gains nothing.
"""

import re
import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, NoReturn, TypeAlias
from urllib.parse import urlsplit

from firmtrack.errors import FirmtrackError
from firmtrack.notices.special_networks import special_network_of

_SCHEMES = frozenset({"http", "https"})
_PUBLIC_PORTS = (443, 8443)
_ADDRESS_CHARACTERS = 500
_NAME_CHARACTERS = 253
# RFC 1123, clause 2.1; underscores are not of host names, and found in them.
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# A host whose last label is a number is read as an IPv4 address by some (URL Standard, clause 3.5).
_NUMBER = re.compile("[0-9]+|0x[0-9a-f]*")

GetAddrInfo: TypeAlias = Callable[..., Sequence[tuple[Any, ...]]]
"""What resolves names, as ``socket.getaddrinfo`` does."""


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

    Without ``may_be_private`` it must be https, at one of the ports of https.
    """
    if len(url) > _ADDRESS_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url:
        raise UnfitAddress(f"is not up to {_ADDRESS_CHARACTERS} visible ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnfitAddress("is not a URL") from None
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise UnfitAddress("must begin with https:// and name a host")
    for is_there, what in (
        (parts.username is not None, "a user name or password"),
        (bool(parts.fragment), "a fragment"),
    ):
        if is_there:
            raise UnfitAddress(f"must not hold {what}")
    literal = _literal(parts.hostname, is_in_brackets="[" in parts.netloc)
    if not may_be_private:
        if parts.scheme != "https":
            raise UnfitAddress("must begin with https://")
        if port is not None:
            check_port(port)
        _check_public(parts.hostname, literal)


def _check_public(host: str, literal: IPv4Address | IPv6Address | None) -> None:
    special = None if literal is None else special_network_of(literal)
    if special is not None:
        raise PrivateAddress(f"{host} ({special.name}, {special.source})")
    if literal is None and "." not in host:
        raise PrivateAddress(host)


def check_port(port: int) -> None:
    """Raise UnfitAddress if it is no port at which https is commonly spoken."""
    if port not in _PUBLIC_PORTS:
        raise UnfitAddress(f"must be at port {' or '.join(map(str, _PUBLIC_PORTS))}")


def _literal(host: str, *, is_in_brackets: bool) -> IPv4Address | IPv6Address | None:
    """Return the address that ``host`` is, None for a name. Raises UnfitAddress for neither.

    Of the ways to write an address only the usual one is taken: resolvers also take 127.1,
    0x7f000001 and 2130706433, and no two take the same.
    """
    if is_in_brackets:
        try:
            return IPv6Address(host) if "%" not in host else _no_host()
        except ValueError:
            return _no_host()
    try:
        return IPv4Address(host)
    except ValueError:
        pass
    if len(host) > _NAME_CHARACTERS or _NAME.fullmatch(host) is None:
        return _no_host()
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _no_host()
    return None


def _no_host() -> NoReturn:
    raise UnfitAddress("must name a host, or give its address as 192.0.2.1 or [2001:db8::1]")


def resolve(
    host: str, port: int, *, may_be_private: bool, getaddrinfo: GetAddrInfo = socket.getaddrinfo
) -> Sequence[str]:
    """Return the numeric addresses that ``host`` stands for, in the resolver's order.

    The resolver is asked once. Raises PrivateAddress if any of them is not public, UnfitAddress if
    the port is not, OSError if the name is not known.
    """
    found = getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    if not may_be_private and not all(map(_is_public, addresses)):
        raise PrivateAddress(host)
    if not may_be_private:
        check_port(port)
    return addresses


def _is_public(address: str) -> bool:
    # One with a zone is of a network that is here.
    return "%" not in address and special_network_of(ip_address(address)) is None
