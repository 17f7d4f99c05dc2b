"""Several hosts in one connection string: a line to each, and which is asked first."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from psycopg import conninfo

_NAMES = ("host", "hostaddr", "port")
_REMEMBERED = 16  # whoever connects asks, and so do pages


@lru_cache(_REMEMBERED)
def in_order(url_or_conninfo: str, first: int) -> Mapping[str, str]:
    """Return what the string says of hosts and ports, the host of this number first.

    Empty where there are no several: then there is nothing to order.
    """
    said = conninfo.conninfo_to_dict(url_or_conninfo)
    listed = {name: str(said[name]).split(",") for name in _NAMES if said.get(name)}
    count = max(map(len, listed.values()), default=0)
    if count < 2:
        return {}
    whole = {name: (values * count)[:count] for name, values in listed.items()}
    return {name: ",".join(each[first:] + each[:first]) for name, each in whole.items()}


@lru_cache(_REMEMBERED)
def led_by(url_or_conninfo: str, first: int) -> str:
    """Return the connection string with the host of this number first."""
    return conninfo.make_conninfo(url_or_conninfo, **in_order(url_or_conninfo, first))


def one_by_one(url_or_conninfo: str) -> Sequence[str]:
    """Return a connection string for each host, all else as it is."""
    found = in_order(url_or_conninfo, 0)
    if not found:
        return [url_or_conninfo]
    places = zip(*(values.split(",") for values in found.values()), strict=True)
    return [
        conninfo.make_conninfo(url_or_conninfo, **dict(zip(found, place, strict=True)))
        for place in places
    ]
