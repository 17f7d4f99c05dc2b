"""What is counted of those who call: by token or by address, and how they are told (RateLimit).

The headers are those of draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4. Each machine
counts for itself.
"""

import socket
from functools import cache
from typing import NamedTuple

from firmtrack.gateway.tally import Quota, Standing, Tally

TOKEN = "token"  # noqa: S105  # a name
ADDRESS = "address"
FAILURES = "failures"
"""The quotas: calls by a token; by an address pages and calls without a token, and wrong tokens."""

FAILURES_SHARE = 10
"""Of so many calls that an address may make, one may be with a wrong token."""

TALLY = Tally()

_NETWORK_BYTES = 8


class Counted(NamedTuple):
    """A call that was counted."""

    quota: Quota
    standing: Standing


def count_token(secret: str, calls: int | None) -> Counted | None:
    """Count a call with a token, of so many a minute; return None if that has no limit."""
    return _count(TOKEN, calls, secret.encode())


def count_address(address: str, calls: int | None) -> Counted | None:
    """Count a page, or a call without a token, of so many a minute; None if that has no limit."""
    return _count(ADDRESS, calls, _key(address))


def count_failure(address: str, calls: int | None) -> Counted | None:
    """Count a wrong token, of a share of so many calls a minute; None if that has no limit."""
    share = None if calls is None else max(1, calls // FAILURES_SHARE)
    return _count(FAILURES, share, _key(address))


def headers_of(counted: Counted) -> dict[str, str]:
    """Return what tells the caller how it stands, and, beyond the quota, when to come again.

    ``t`` is how long no more than ``r`` calls are left: then one more is given back.
    """
    quota, standing = counted
    headers = {
        "RateLimit-Policy": f'"{quota.name}";q={quota.calls};w={quota.window_seconds}',
        "RateLimit": f'"{quota.name}";r={standing.left};t={standing.restored_seconds}',
    }
    if not standing.is_within:
        headers["Retry-After"] = str(standing.restored_seconds)
    return headers


@cache
def _quota(name: str, calls: int) -> Quota:
    return Quota(name, calls)


def _count(name: str, calls: int | None, key: bytes) -> Counted | None:
    if calls is None:
        return None
    quota = _quota(name, calls)
    return Counted(quota, TALLY.spend(quota, key))


def _key(address: str) -> bytes:
    """Return what stands for an address: of IPv6 its network, any address of which one may have."""
    if ":" not in address:
        return address.encode()
    try:
        return socket.inet_pton(socket.AF_INET6, address)[:_NETWORK_BYTES]
    except OSError:
        return address.encode()
