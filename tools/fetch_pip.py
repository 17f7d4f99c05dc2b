"""Fetches the pip that uv.lock names, for a Python that came without: ``fetch_pip.py DIRECTORY``.

Runs on a bare Python, before there is any environment. The registry is the one that pip and uv are
told by their variables, else the lock file's own; the hash proves that the wheel is the right one.
"""

import hashlib
import os
import re
import ssl
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

_INDEX_VARIABLES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
_CERTIFICATE_VARIABLES = ("PIP_CERT", "SSL_CERT_FILE")
_PATIENCE_SECONDS = 60


def fetch_pip(directory: Path) -> Path:
    """Put the wheel of pip into ``directory`` and return its path.

    Raises OSError if the registry cannot be reached and SystemExit if it has not this very wheel.
    """
    locked = _locked_pip()
    wheel = locked["wheels"][0]
    name = Path(urlsplit(wheel["url"]).path).name
    index = _first_of(_INDEX_VARIABLES) or locked["source"]["registry"]
    content = _get(_address_of(name, f"{index.rstrip('/')}/pip/"))
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != wheel["hash"]:
        sys.exit(f"{name} is not the one that uv.lock names.")
    path = directory / name
    path.write_bytes(content)
    return path


def _locked_pip() -> dict[str, Any]:
    lock = tomllib.loads(Path("uv.lock").read_text(encoding="utf-8"))
    pip: dict[str, Any] = next(entry for entry in lock["package"] if entry["name"] == "pip")
    return pip


def _address_of(name: str, page: str) -> str:
    """Return where the registry's ``page`` says that the file ``name`` is (PEP 503)."""
    links: list[str] = re.findall(r'href="([^"]+)"', _get(page).decode())
    for link in links:
        if Path(urlsplit(link).path).name == name:
            return urljoin(page, link)
    sys.exit(f"The registry has no {name}.")


def _get(address: str) -> bytes:
    if urlsplit(address).scheme not in {"http", "https"}:
        sys.exit("A registry's address begins with https: or http:.")
    trust = ssl.create_default_context(cafile=_first_of(_CERTIFICATE_VARIABLES))
    with urlopen(address, timeout=_PATIENCE_SECONDS, context=trust) as answer:
        content: bytes = answer.read()
    return content


def _first_of(variables: tuple[str, ...]) -> str | None:
    return next((os.environ[name] for name in variables if os.environ.get(name)), None)


if __name__ == "__main__":
    try:
        print(fetch_pip(Path(sys.argv[1])))
    except OSError as error:
        sys.exit(f"No pip could be fetched from the registry: {error}")
