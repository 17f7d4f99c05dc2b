"""What a visitor is told when a page fails: that it is our fault, or that the database is away."""

import logging
import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from firmtrack.store import database


def failed(request: HttpRequest) -> HttpResponse:
    """Return the answer to a request that failed, as Django calls it: while it handles the error.

    That the database is away asks for another try, and is told without it: no sign-in, no session.
    """
    error = sys.exception()
    if not isinstance(error, Exception) or not database.is_failure(error):
        return server_error(request)
    database.note_failure(error, "A page")
    return HttpResponse(
        render_to_string("503.html"),
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        headers={"Retry-After": str(database.RETRY_SECONDS), "Cache-Control": "no-store"},
    )


class Faults(logging.Filter):
    """Keeps from the log what Django says of an answer 503: whoever gave it has noted why."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is to be logged."""
        return getattr(record, "status_code", None) != HTTPStatus.SERVICE_UNAVAILABLE
