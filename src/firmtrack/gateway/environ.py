"""A request as WSGI describes it (PEP 3333), made of what ASGI says of it."""

import sys
from typing import Any
from urllib.parse import unquote_to_bytes

from asgiref.typing import HTTPScope

from firmtrack.gateway.proxies import NO_PROXIES, Proxies, is_a_proxys

PASSED_ON = "firmtrack.passed_on"
"""Of a request: whether anything says that a proxy passed it on, be it believed or not."""

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


def environ_of(scope: HTTPScope, proxies: Proxies = NO_PROXIES) -> dict[str, Any]:
    """Return the environment of the application's call, without the body.

    ``REMOTE_ADDR`` and ``wsgi.url_scheme`` are the client's, who may come through ``proxies``. What
    proxies, and whoever passes for one, write of it is left out; so is a header whose name has an
    underscore, which would pass for one that has a hyphen.
    """
    server, peer = scope["server"] or ("", None), scope["client"] or ("", 0)
    said: dict[bytes, list[str]] = {}
    environ = _ALWAYS | {
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
    }
    for octets, value in scope["headers"]:
        if b"_" in octets:
            continue
        text = value.decode("latin-1")
        if is_a_proxys(octets):
            said.setdefault(octets, []).append(text)
            continue
        name = _NAMES.get(octets) or "HTTP_" + octets.decode("latin-1").upper().replace("-", "_")
        if name in environ:
            text = f"{environ[name]}{_BETWEEN.get(name, ',')}{text}"
        environ[name] = text
    environ[PASSED_ON] = bool(said)
    environ["REMOTE_ADDR"], environ["wsgi.url_scheme"] = proxies.client(peer[0], said)
    return environ
