"""The WSGI application, and what runs beside it in each process that answers.

One callable serves pages and API. They part in the first middleware (firmtrack.api.shortcut).
Nothing here opens the database: a process answers whether it can be reached or not.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from asgiref.typing import HTTPScope
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from firmtrack.gateway.site import Site
from firmtrack.gateway.working import Lane
from firmtrack.store import database, replica
from firmtrack.upkeep import Upkeep

_django = get_wsgi_application()

# What follows knows of models, which are there from now on.
from firmtrack.accounts.tokens import looks_like_token  # noqa: E402
from firmtrack.api.counting import bearer_of  # noqa: E402
from firmtrack.api.submissions import BATCH_LIMIT_BYTES  # noqa: E402
from firmtrack.watching import endpoints  # noqa: E402
from firmtrack.watching.sampling import Sampling  # noqa: E402

_LONG = b".csv"
_API = b"/api/"
_GATHERED = b"/api/v1/messages"
_WATCHED = frozenset(map(str.encode, endpoints.PATHS))

# Of who says that a token allows it, the API reads what it takes; of others, what an error costs.
_WITHOUT_TOKEN_BYTES = 64 * 1024


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


def body_bytes_of(scope: HTTPScope) -> int:
    """Return how long a body of this request may be to be read before anyone is asked."""
    if not scope["raw_path"].startswith(_API):
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    said = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    is_worth_reading = looks_like_token(bearer_of(said.decode("latin-1")))
    return BATCH_LIMIT_BYTES if is_worth_reading else _WITHOUT_TOKEN_BYTES


def passes(error: Exception) -> bool:
    """Return whether it is worth to ask again in a moment for what failed so."""
    if database.is_failure(error):
        database.note_failure(error, "An answer broke off")
        return True
    return False


application = endpoints.Watched(_django)
site = Site(application=application, lane_of=lane_of, body_bytes_of=body_bytes_of, passes=passes)


@contextmanager
def beside() -> Iterator[None]:
    """Run within the block what a process does beside answering; the database is closed after."""
    upkeep, sampling = Upkeep(), Sampling()
    try:
        with database.watched(), replica.followed():
            upkeep.start()
            sampling.start()
            try:
                yield
            finally:
                sampling.stop()
                upkeep.stop()
    finally:
        application.stop()
        database.close()
