"""The whole way: small signed alerts from a .tar.gz until they are committed."""

from functools import partial
from pathlib import Path

from bench.figures import Figure, Reach, at_least
from bench.processes import ingest
from bench.run import Run
from bench.scene import (
    copy_events,
    device_ids,
    events_of,
    fresh_database,
    request_messages,
    requests_for,
)
from bench.timing import median_ratio, seconds_of
from bench.traffic import Signatories, alert, write_archive
from firmtrack.store.ledger.recording import Batch, record

_ROUNDS = 3


def measure(run: Run) -> list[Figure]:
    """Return the figures with signatures off and on."""
    who = Signatories()
    trust_store = who.trust_store(run.scratch / "trust")
    requests = requests_for(device_ids(run.sized(50_000, least=20), seed=3))
    pairs = [(request_id, device) for request_id, share in requests.items() for device in share]
    archive = run.scratch / "alerts.tar.gz"
    messages = [alert(*pair, number, who) for number, pair in enumerate(pairs)]
    write_archive(archive, messages)
    rows = [event for event, _ in zip(events_of(requests, seed=4), pairs, strict=False)]
    size = sum(map(len, messages)) // len(messages)

    def figure(trust: Path | None, signatures: str, reach: Reach) -> Figure:
        taken = []
        for _ in range(_ROUNDS):
            with fresh_database(run.server) as conninfo:
                record(Batch(messages=request_messages(requests)))
                limit = seconds_of(partial(copy_events, conninfo, rows))
                done = ingest(conninfo, archive, trust)
            assert done.tally["recorded"] == len(pairs), done.tally
            taken.append((limit, done.tally["seconds"]))
        rate = len(pairs) / sorted(seconds for _, seconds in taken)[_ROUNDS // 2]
        return Figure(
            f"whole way: {len(pairs):,} alerts, signatures {signatures}",
            "bare COPY of the same rows into one keyed table",
            reach,
            median_ratio(taken),
            beside=f"{rate:,.0f} a second, of {size:,} octets",
        )

    return [
        figure(None, "off", at_least(0.05)),
        figure(trust_store, "on", at_least(0.015)),
    ]
