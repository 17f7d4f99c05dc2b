"""How old figures are that were counted in the background."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """When figures were counted, and when they were read.

    All that was recorded by ``at`` is in them. None: there is no record of any count.
    """

    at: datetime | None
    read_at: datetime
