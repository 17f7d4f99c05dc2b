"""The store's SQL, one statement a file, found by its name."""

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> bytes:
    """Return the text of ``name.sql``."""
    return files(__name__).joinpath(f"{name}.sql").read_bytes()
