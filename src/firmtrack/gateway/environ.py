"""A request as WSGI describes it (PEP 3333)."""

import sys
from typing import Any
from urllib.parse import unquote_to_bytes

from httptools import HttpParserInvalidURLError, parse_url

from firmtrack.gateway.requests import Refused, Request

Address = tuple[str, int]

_ALWAYS: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
}
_NAMES = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
_BETWEEN = {"HTTP_COOKIE": "; "}


def environ_of(request: Request, server: Address, client: Address) -> dict[str, Any]:
    """Return the environment of the application's call. Raises Refused.

    A header whose name has an underscore is left out: it would pass for one that has a hyphen.
    """
    path, query = _target(request.target)
    environ = _ALWAYS | {
        "REQUEST_METHOD": request.method.decode("latin-1"),
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.input": request.body,
    }
    for octets, value in request.headers:
        if b"_" in octets:
            continue
        name = _NAMES.get(octets) or "HTTP_" + octets.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        if name in environ:
            text = f"{environ[name]}{_BETWEEN.get(name, ',')}{text}"
        environ[name] = text
    return environ


def _target(target: bytes) -> tuple[str, str]:
    if target == b"*":
        return "*", ""
    try:
        url = parse_url(target)
    except HttpParserInvalidURLError:
        raise Refused("400 Bad Request") from None
    path = unquote_to_bytes(url.path or b"/").decode("latin-1")
    return path, (url.query or b"").decode("latin-1")
