"""Where DCC's schema and reference messages lie, which are no part of the project itself."""

from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parent.parent


def shared_dir() -> Path | None:
    """Return the directory ``shared`` beside the repository, None if there is none."""
    directory = _REPOSITORY.parent / "shared"
    return directory if directory.is_dir() else None
