"""The WSGI application, and what runs beside it in each process that answers.

One callable serves pages and API. They part in the first middleware (firmtrack.api.shortcut).
Nothing here opens the database: a process answers whether it can be reached or not.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.wsgi import get_wsgi_application

from firmtrack.gateway.working import Lane
from firmtrack.store import database
from firmtrack.upkeep import Upkeep
from firmtrack.watching import endpoints
from firmtrack.watching.sampling import Sampling

_LONG = b".csv"
_GATHERED = b"/api/v1/messages"

_WATCHED = frozenset(map(str.encode, endpoints.PATHS))

application = endpoints.Watched(get_wsgi_application())


def lane_of(path: bytes) -> Lane:
    """Return which threads answer what is asked for.

    A file of all that is found may take seconds to make. Single messages are recorded together.
    Whether all is well is answered while all else waits.
    """
    if path in _WATCHED:
        return Lane.WATCHED
    if path == _GATHERED:
        return Lane.GATHERED
    return Lane.LONG if path.endswith(_LONG) else Lane.USUAL


@contextmanager
def beside() -> Iterator[None]:
    """Run within the block what a process does beside answering; the database is closed after."""
    upkeep, sampling = Upkeep(), Sampling()
    upkeep.start()
    sampling.start()
    try:
        yield
    finally:
        sampling.stop()
        upkeep.stop()
        application.stop()
        database.close()
