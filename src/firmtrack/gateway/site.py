"""What the web server asks of what it serves, about which it knows nothing else."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from wsgiref.types import WSGIApplication

from asgiref.typing import HTTPScope

from firmtrack.gateway.working import Lane


def _any_length(_scope: HTTPScope) -> int:
    return sys.maxsize


def _never(_error: Exception) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An application, and what it says of a request before it gets it."""

    application: WSGIApplication

    lane_of: Callable[[bytes], Lane]
    """Which threads answer a path."""

    body_bytes_of: Callable[[HTTPScope], int] = _any_length
    """How long a body is read. One that says that it is longer is not, and the application is asked
    without it, so that it refuses what it would have refused anyway."""

    passes: Callable[[Exception], bool] = _never
    """Whether what failed so is worth another try in a moment."""
