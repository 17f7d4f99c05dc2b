"""A process that takes a traffic in: ``python -m tests.store.take_in CONNINFO PATH``."""

import json
import os
import sys
from pathlib import Path


def main(conninfo: str, traffic: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firmtrack.settings")
    import django

    django.setup()
    from firmtrack.intake.files import envelopes_in
    from firmtrack.intake.ingest import ingest
    from firmtrack.intake.receive import OutcomeKind, Submitter
    from firmtrack.store import database

    database.use(conninfo)
    tally = ingest(envelopes_in(traffic), Submitter.operator())
    database.close()
    json.dump({kind: tally.outcomes[kind] for kind in OutcomeKind}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
