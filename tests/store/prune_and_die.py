"""A prune that is killed: ``python -m tests.store.prune_and_die CONNINFO KEPT_FROM STEPS``.

After so many steps, or portions of one, it kills itself; with 0 left it has run to its end.
"""

import os
import signal
import sys
from datetime import datetime


def main(conninfo: str, kept_from: str, steps: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firmtrack.settings")
    import django

    django.setup()
    from firmtrack.store import database
    from firmtrack.store.retention.facts import Pace, prune_facts

    left = int(steps)

    def die(_step: str, _share: float) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    database.use(conninfo)
    prune_facts(
        datetime.fromisoformat(kept_from),
        is_rehearsal=False,
        pace=Pace(devices=7, requests=5),
        tell=die,
    )
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
