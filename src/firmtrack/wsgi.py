"""The WSGI application, and what runs beside it in each process that answers.

One callable serves pages and API. They part in the first middleware (firmtrack.api.shortcut).
Nothing here opens the database: a process answers whether it can be reached or not.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.wsgi import get_wsgi_application

from firmtrack.store import database
from firmtrack.upkeep import Upkeep

_LONG = b".csv"

application = get_wsgi_application()


def is_long(path: bytes) -> bool:
    """Return whether what is asked for may take seconds to make: a file of all that is found."""
    return path.endswith(_LONG)


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
