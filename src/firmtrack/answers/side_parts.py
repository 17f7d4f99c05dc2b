"""Side parts of an answer: what an answer can do without.

A side part that fails is told of in the log, and costs its own section, which says that it could
not be told; the answer itself is answered. Each takes a connection of its own: a statement that
failed would else end the transaction of all the rest.
"""

import logging
from collections.abc import Callable
from enum import Enum
from typing import Final, Literal, TypeAlias, TypeVar

_Value = TypeVar("_Value")

_log = logging.getLogger(__name__)


class _Untold(Enum):
    UNTOLD = "could not be told now"


UNTOLD: Final = _Untold.UNTOLD
"""Stands where a side part would, that could not be told now."""

Untold: TypeAlias = Literal[_Untold.UNTOLD]


def side_part(name: str, tell: Callable[[], _Value]) -> _Value | Untold:
    """Return what ``tell`` returns, or UNTOLD, logged under ``name``, if it fails in any way."""
    try:
        return tell()
    except Exception:  # noqa: BLE001 - whatever it is, the answer is worth more
        _log.exception("Could not be told: %s.", name)
        return UNTOLD
