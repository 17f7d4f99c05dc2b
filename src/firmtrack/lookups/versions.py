"""Versions of what is shown, by which whoever holds it asks whether there is anything new."""

from hashlib import sha256

from firmtrack.domain.viewer import Viewer

_DIGITS = 32


def version_of(viewer: Viewer, shown: object) -> str:
    """Return a text that changes whenever what the viewer is shown does, and tells nothing else."""
    return sha256(f"{viewer.name}\0{shown!r}".encode()).hexdigest()[:_DIGITS]


def held_by_nobody(_found: object) -> bool:
    """Return False: whoever asks says of nothing that is found that they hold it already."""
    return False
