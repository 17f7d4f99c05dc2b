"""What a command needs around it: Django set up, the database open."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from firmtrack.errors import FirmtrackError


class DatabaseLost(FirmtrackError):
    """The database cannot be reached, or not any more."""

    def __init__(self, error: Exception) -> None:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        super().__init__(
            f"the database cannot be reached: {lines[0]}. What was told as done is kept; "
            "to do it again completes the rest."
        )


def set_up() -> None:
    """Set Django up with Firmtrack's settings. Raises BadSetting."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firmtrack.settings")
    django.setup()


@contextmanager
def opened() -> Iterator[None]:
    """Set Django up and open the database until the block ends. Raises DatabaseLost.

    What an older Firmtrack recorded is read again first, if that has not been done, and what a
    killed process left to be folded is folded.
    """
    set_up()
    from firmtrack.store import database
    from firmtrack.store.ledger import recording, rereading

    try:
        with database.opened():
            if rereading.is_due():
                from firmtrack.intake.rereading import reread

                reread()
            recording.fold_unfolded()
            yield
    except database.FAILURES as error:
        raise DatabaseLost(error) from error
