"""Where the built styles, scripts and images are, and under which address browsers find them."""

from functools import cache
from pathlib import Path

from django.conf import settings

from firmtrack.errors import FirmtrackError

_BUILT = Path(__file__).parent / "static" / "firmtrack"


class AssetsMissing(FirmtrackError):
    """The pages' styles are not built: install Firmtrack, or run `python hatch_build.py`."""


@cache
def build_name() -> str:
    """Return the name of the built files' directory, which changes with what they are made from.

    Raises AssetsMissing.
    """
    try:
        return (_BUILT / "BUILD").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise AssetsMissing from None


def asset_url(name: str) -> str:
    """Return the address of a built file; what it serves never changes. Raises AssetsMissing."""
    return f"{settings.STATIC_URL}firmtrack/{build_name()}/{name}"
