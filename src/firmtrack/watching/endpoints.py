"""``/healthz``, ``/readyz`` and ``/metrics``: answered before Django, by whatever name one calls.

Probes call by a number, not by a name of FIRMTRACK_ALLOWED_HOSTS; and a server that is not well
must still say so. None is audited, none has a session, and of the first two anyone may ask.
"""

import ipaddress
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIApplication

import psycopg

from firmtrack.accounts.kinds import TokenScope
from firmtrack.accounts.tokens import TokenHolder, authenticate_token
from firmtrack.errors import FirmtrackError
from firmtrack.gateway.environ import PASSED_ON
from firmtrack.store import replica
from firmtrack.store.database import SERVER_FAILURES
from firmtrack.store.standby import Standing
from firmtrack.watching.asking import Asking, DatabaseSilent
from firmtrack.watching.gauges import Sample, read_gauges
from firmtrack.watching.keeping import Kept
from firmtrack.watching.readiness import NotReady, readiness
from firmtrack.watching.sampling import sample

HEALTH, READINESS, METRICS = "/healthz", "/readyz", "/metrics"
PATHS = frozenset({HEALTH, READINESS, METRICS})

_READY_SECONDS = 1.0
_GAUGES_SECONDS = 5.0
_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"
# A proxy on this machine calls from loopback, too: whose call it passes on is then not known.
_OF_PROXIES = (PASSED_ON, "HTTP_VIA")
_log = logging.getLogger(__name__)


class _Answer(NamedTuple):
    """A status line, a body, its media type, and other headers."""

    status: str
    body: bytes
    media_type: str = _TEXT
    headers: tuple[tuple[str, str], ...] = ()


_UNKNOWN = _Answer(
    "401 Unauthorized",
    b"A token of scope metrics is wanted, or a call from this machine.\n",
    headers=(("WWW-Authenticate", 'Bearer realm="Firmtrack"'),),
)
_WRONG_SCOPE = _Answer(
    "403 Forbidden",
    b"The token is not of scope metrics.\n",
    headers=(("WWW-Authenticate", 'Bearer realm="Firmtrack", error="insufficient_scope"'),),
)
_NOT_NOW = _Answer(
    "503 Service Unavailable",
    b"The token cannot be checked now: the database does not answer.\n",
    headers=(("Retry-After", "10"),),
)
_NOT_ALLOWED = _Answer(
    "405 Method Not Allowed", b"GET and HEAD alone.\n", headers=(("Allow", "GET, HEAD"),)
)


class Watched:
    """A WSGI application that answers those who watch, and has another answer all else."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._asking = Asking()
        self._readiness: Kept[NotReady | None] = Kept(
            lambda: readiness(self._asking), _READY_SECONDS
        )
        self._gauges: Kept[list[Sample] | None] = Kept(self._read_gauges, _GAUGES_SECONDS)
        self._answers: Mapping[str, Callable[[dict[str, Any]], _Answer]] = {
            HEALTH: lambda _: _Answer("200 OK", b'{"status": "ok"}\n', _JSON),
            READINESS: lambda _: self._answer_readiness(),
            METRICS: self._answer_metrics,
        }

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """Answer a call."""
        find = self._answers.get(environ["PATH_INFO"])
        if find is None:
            return self._application(environ, start)
        method = environ["REQUEST_METHOD"]
        answer = find(environ) if method in {"GET", "HEAD"} else _NOT_ALLOWED
        start(
            answer.status,
            [
                ("Content-Type", answer.media_type),
                ("Content-Length", str(len(answer.body))),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
                *answer.headers,
            ],
        )
        return [] if method == "HEAD" else [answer.body]

    def stop(self) -> None:
        """Ask the database no more."""
        self._asking.stop()

    def _answer_readiness(self) -> _Answer:
        problem = self._readiness()
        standby = replica.followed_now()
        told = {
            "status": "ready" if problem is None else "not ready",
            "problems": [] if problem is None else [_told(problem)],
            **({} if standby is None else {"replica": _told(standby.standing)}),
        }
        status = "200 OK" if problem is None else "503 Service Unavailable"
        return _Answer(status, json.dumps(told).encode() + b"\n", _JSON)

    def _answer_metrics(self, environ: dict[str, Any]) -> _Answer:
        refusal = self._refusal(environ)
        if refusal is not None:
            return refusal
        from firmtrack.watching.exposition import (
            exposition,
        )  # takes a while, for whom it may concern

        sample()
        body, media_type = exposition(self._gauges(), environ.get("HTTP_ACCEPT", ""))
        return _Answer("200 OK", body, media_type)

    def _refusal(self, environ: Mapping[str, Any]) -> _Answer | None:
        """Return why the metrics are not told, None if they are."""
        if is_from_this_machine(environ):
            return None
        scheme, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return _UNKNOWN
        try:
            holder: TokenHolder | None = self._asking.ask(
                lambda connection: authenticate_token(connection, secret.strip())
            )
        except (DatabaseSilent, psycopg.Error, FirmtrackError):
            return _NOT_NOW
        if holder is None:
            return _UNKNOWN
        return None if TokenScope.METRICS in holder.scopes else _WRONG_SCOPE

    def _read_gauges(self) -> list[Sample] | None:
        """Return what is read of the database, None if it does not answer."""
        try:
            return self._asking.ask(read_gauges)
        except (DatabaseSilent, *SERVER_FAILURES, psycopg.InterfaceError):
            return None  # which is told
        except (psycopg.Error, FirmtrackError):
            _log.exception("The database's gauges cannot be read.")
            return None


def _told(what: NotReady | Standing) -> dict[str, str]:
    return {"code": what.name.lower(), "text": what}


def is_from_this_machine(environ: Mapping[str, Any]) -> bool:
    """Return whether a call comes from this machine itself, and no proxy passed it on."""
    if any(environ.get(name) for name in _OF_PROXIES):
        return False
    try:
        address = ipaddress.ip_address(environ.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
