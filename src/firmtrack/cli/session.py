"""What a command needs around it: Django set up, the database open."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


def set_up() -> None:
    """Set Django up with Firmtrack's settings. Raises BadSetting."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firmtrack.settings")
    django.setup()


@contextmanager
def opened() -> Iterator[None]:
    """Set Django up and open the database until the block ends."""
    set_up()
    from firmtrack.store import database

    with database.opened():
        yield
