"""The SQL of the migrations, a file for each, found by its name."""

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> bytes:
    """Return the text of ``name.sql``."""
    return files(__name__).joinpath(f"{name}.sql").read_bytes()


def created(migration: str, what: str) -> str:
    """Return the statement of an earlier migration that creates ``what``, up to its end."""
    text = statement(migration).decode()
    start = text.rindex("CREATE ", 0, text.index(what))
    return text[start : text.index(";\n", start) + 1]
