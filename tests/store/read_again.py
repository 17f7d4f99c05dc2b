"""A process that reads again what waits: ``python -m tests.store.read_again CONNINFO``."""

import os
import sys


def main(conninfo: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firmtrack.settings")
    import django

    django.setup()
    from firmtrack.intake.rereading import reread
    from firmtrack.store import database

    database.use(conninfo)
    reread()
    database.close()


if __name__ == "__main__":
    main(sys.argv[1])
