"""Pages never go back in time: who has written reads what it wrote, and what was once seen stays.

Where there is a replica, a browser keeps how far the primary had come when it last answered, in a
cookie and not in the session: a page that only reads would have to save the whole of that, over
what another changes in it meanwhile. It is sealed, since how much is written is nobody's business.
"""

from collections.abc import Callable
from contextlib import suppress

from django.http import HttpRequest, HttpResponseBase

from firmtrack.accounts.sealing import SealBroken, sealed, unsealed
from firmtrack.store import database, replica

COOKIE = "firmtrack_read_from"

_READS = frozenset({"GET", "HEAD"})


def read_from(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return the middleware that has pages read where all is known that their reader has seen."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        only_reads = request.method in _READS
        reading = replica.begin(may_read_there=only_reads, floor=_floor_of(request))
        response = get_response(request)
        has_replica = replica.followed_now() is not None
        if has_replica and (reading.was_on_primary or not only_reads):
            # Without the primary there is nothing that was written.
            with suppress(*database.FAILURES):
                _keep(response, replica.primary_position())
        return response

    return middleware


def _floor_of(request: HttpRequest) -> int:
    kept = request.COOKIES.get(COOKIE)
    if kept is None or replica.followed_now() is None:
        return 0
    try:
        return int(unsealed(kept))
    except (SealBroken, ValueError):
        return 0


def _keep(response: HttpResponseBase, position: int) -> None:
    response.set_cookie(COOKIE, sealed(str(position)), httponly=True, samesite="Lax")
