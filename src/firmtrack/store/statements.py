"""Statements that stand in files of their own, beside the code that executes them."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files


def statements_in(package: str) -> Callable[[str], bytes]:
    """Return what returns the text of ``NAME.sql`` in ``package``."""

    @cache
    def statement(name: str) -> bytes:
        return files(package).joinpath(f"{name}.sql").read_bytes()

    return statement
