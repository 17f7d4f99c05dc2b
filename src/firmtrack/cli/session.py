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
def opened(*, may_migrate: bool | None = None) -> Iterator[None]:
    """Set Django up and open the database until the block ends.

    A database that an older Firmtrack made is migrated, and what that recorded read again, if that
    is wanted: by default in the embedded database alone. What a killed process left to be folded is
    folded. Raises DatabaseLost, and SchemaOlder or SchemaNewer, which say what to do.
    """
    set_up()
    from firmtrack.store import database

    try:
        with database.opened(may_migrate=may_migrate):
            _read_again(may_migrate=may_migrate)
            yield
    except database.FAILURES as error:
        raise DatabaseLost(error) from error


def _read_again(*, may_migrate: bool | None) -> None:
    """Have what is recorded as this code reads it, and folded. Raises SchemaOlder, SchemaNewer."""
    from django.conf import settings

    from firmtrack.store.database import pool
    from firmtrack.store.ledger import recording, rereading
    from firmtrack.store.schema import SchemaNewer, SchemaOlder

    with pool().connection() as connection:
        if rereading.is_of_newer(connection):
            raise SchemaNewer
    if rereading.is_due():
        if may_migrate is False or (
            may_migrate is None and settings.ENVIRONMENT.database_url is not None
        ):
            raise SchemaOlder
        from firmtrack.intake.rereading import reread

        reread()
    recording.fold_unfolded()
