"""To whom advice is said: a User, who acts on its own updates, or DCC's staff, who help all."""

from enum import Enum
from typing import NamedTuple

from firmtrack.domain.viewer import Viewer


class Voice(Enum):
    """To whom something is said."""

    USER = "user"
    DESK = "desk"
    """DCC's own staff: nothing sends them to DCC's Service Centre, which they are."""


class Spoken(NamedTuple):
    """A text as it is said to a User, and as it is said to DCC's staff."""

    user: str
    desk: str

    def to(self, voice: Voice) -> str:
        """Return the text as it is said to whoever reads it."""
        return self.desk if voice is Voice.DESK else self.user


def voice_for(viewer: Viewer) -> Voice:
    """Return how advice is said to a viewer."""
    return Voice.DESK if viewer.sees_all else Voice.USER
