"""The networks that are not the public Internet, by a list of our own.

Sources: IANA's IPv4 and IPv6 Special-Purpose Address Registries, and the RFC that each row names.
What an interpreter's tables say of an address differs from version to version. Some of these are
reachable from everywhere, but serve no receiver of notices: a list of what is public is short.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network


@dataclass(frozen=True, slots=True)
class SpecialNetwork:
    """A network, what it is for, and where that is written."""

    network: IPv4Network | IPv6Network
    name: str
    source: str


def _special(network: str, name: str, source: str) -> SpecialNetwork:
    return SpecialNetwork(ip_network(network), name, source)


SPECIAL_IPV4 = (
    _special("0.0.0.0/8", "this network", "RFC 791"),
    _special("10.0.0.0/8", "private use", "RFC 1918"),
    _special("100.64.0.0/10", "shared address space", "RFC 6598"),
    _special("127.0.0.0/8", "loopback", "RFC 1122"),
    _special("169.254.0.0/16", "link-local", "RFC 3927"),
    _special("172.16.0.0/12", "private use", "RFC 1918"),
    _special("192.0.0.0/24", "IETF protocol assignments", "RFC 6890"),
    _special("192.0.2.0/24", "documentation", "RFC 5737"),
    _special("192.31.196.0/24", "AS112-v4", "RFC 7535"),
    _special("192.52.193.0/24", "AMT", "RFC 7450"),
    _special("192.88.99.0/24", "deprecated 6to4 relays", "RFC 7526"),
    _special("192.168.0.0/16", "private use", "RFC 1918"),
    _special("192.175.48.0/24", "direct delegation of AS112 service", "RFC 7534"),
    _special("198.18.0.0/15", "benchmarking", "RFC 2544"),
    _special("198.51.100.0/24", "documentation", "RFC 5737"),
    _special("203.0.113.0/24", "documentation", "RFC 5737"),
    _special("224.0.0.0/4", "multicast", "RFC 5771"),
    _special("240.0.0.0/4", "reserved, and limited broadcast", "RFC 1112"),
)
SPECIAL_IPV6 = (
    _special("::/128", "unspecified address", "RFC 4291"),
    _special("::1/128", "loopback", "RFC 4291"),
    _special("::/96", "deprecated IPv4-compatible addresses", "RFC 4291"),
    _special("::ffff:0:0/96", "IPv4-mapped addresses", "RFC 4291"),
    _special("64:ff9b:1::/48", "IPv4-IPv6 translation of local use", "RFC 8215"),
    _special("100::/64", "discard only", "RFC 6666"),
    _special("100:0:0:1::/64", "dummy prefix", "RFC 9780"),
    _special("2001::/23", "IETF protocol assignments, Teredo among them", "RFC 2928"),
    _special("2001:db8::/32", "documentation", "RFC 3849"),
    _special("2002::/16", "6to4", "RFC 3056"),
    _special("2620:4f:8000::/48", "direct delegation of AS112 service", "RFC 7534"),
    _special("3fff::/20", "documentation", "RFC 9637"),
    _special("5f00::/16", "segment routing", "RFC 9602"),
    _special("fc00::/7", "unique local addresses", "RFC 4193"),
    _special("fe80::/10", "link-local", "RFC 4291"),
    _special("fec0::/10", "deprecated site-local addresses", "RFC 3879"),
    _special("ff00::/8", "multicast", "RFC 4291"),
)
_NOT_GIVEN_OUT = _special("::/0", "not given out as global unicast", "RFC 4291")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Where a network has IPv6 alone, its resolver writes every IPv4 address so (RFC 6052, RFC 6147).
_TRANSLATED = IPv6Network("64:ff9b::/96")


def special_network_of(address: IPv4Address | IPv6Address) -> SpecialNetwork | None:
    """Return the special network that an address is in, None if it is of the public Internet.

    An IPv4 address that is translated to IPv6 is where it leads to.
    """
    if address in _TRANSLATED:
        return special_network_of(IPv4Address(int(address) & 0xFFFFFFFF))
    special = SPECIAL_IPV4 if isinstance(address, IPv4Address) else SPECIAL_IPV6
    found = next((each for each in special if address in each.network), None)
    if found is None and isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return _NOT_GIVEN_OUT
    return found
