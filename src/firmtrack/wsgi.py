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

_LONG = b".csv"
_GATHERED = b"/api/v1/messages"

application = get_wsgi_application()


def lane_of(path: bytes) -> Lane:
    """Return which threads answer what is asked for.

    A file of all that is found may take seconds to make. Single messages are recorded together.
    """
    if path == _GATHERED:
        return Lane.GATHERED
    return Lane.LONG if path.endswith(_LONG) else Lane.USUAL


@contextmanager
def beside() -> Iterator[None]:
    """Run within the block what a process does beside answering; the database is closed after."""
    upkeep = Upkeep()
    upkeep.start()
    try:
        yield
    finally:
        upkeep.stop()
        database.close()
