"""Statements that stand in files of their own, beside the code that executes them."""

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

_PART = re.compile(rb"\{([a-z_]+\.sql)\}")


def statements_in(package: str) -> Callable[[str], bytes]:
    """Return what returns the text of ``NAME.sql`` in ``package``.

    ``{PART.sql}`` in it is where that text of the package is put, or else that of firmtrack.store.
    What reads tables is such a part, and not a function of the database, which has no place within
    a statement whose tables are on several machines.
    """

    @cache
    def statement(name: str) -> bytes:
        text = files(package).joinpath(f"{name}.sql").read_bytes()
        return _PART.sub(lambda part: _part(package, part[1].decode()), text)

    return statement


def _part(package: str, name: str) -> bytes:
    own = files(package).joinpath(name)
    return (own if own.is_file() else _shared(name)).read_bytes()


def _shared(name: str) -> Traversable:
    return files("firmtrack.store").joinpath(name)
