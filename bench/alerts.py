"""The whole way: small signed alerts from a .tar.gz until they are committed."""

from functools import partial
from pathlib import Path

from bench.processes import ingest
from bench.scene import (
    copy_events,
    device_ids,
    events_of,
    fresh_database,
    request_messages,
    requests_for,
)
from bench.table import Figure, seconds_of
from bench.traffic import Signatories, alert, write_archive
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.ledger.recording import Batch, record


def measure(server: EmbeddedPostgres, alerts: int, scratch: Path) -> list[Figure]:
    """Return the figures with signatures off and on."""
    who = Signatories()
    trust_store = who.trust_store(scratch / "trust")
    requests = requests_for(device_ids(alerts, seed=3))
    pairs = [(request_id, device) for request_id, share in requests.items() for device in share]
    archive = scratch / "alerts.tar.gz"
    messages = [alert(*pair, number, who) for number, pair in enumerate(pairs)]
    write_archive(archive, messages)
    size = sum(map(len, messages)) // len(messages)
    figures = []
    for trust, signatures, asked in (
        (None, "off", "at least 0.03"),
        (trust_store, "on", "at least 0.008"),
    ):
        with fresh_database(server) as conninfo:
            rows = [event for event, _ in zip(events_of(requests, seed=4), pairs, strict=False)]
            limit = seconds_of(partial(copy_events, conninfo, rows))
            record(Batch(messages=request_messages(requests)))
            taken = ingest(conninfo, archive, trust)
        assert taken.tally["recorded"] == alerts, taken.tally
        figures.append(
            Figure(
                f"whole way: {alerts:,} alerts of {size:,} octets, signatures {signatures}",
                "bare COPY of the same rows",
                asked,
                f"{limit / taken.tally['seconds']:.4f}"
                f" ({alerts / taken.tally['seconds']:,.0f} a second)",
            )
        )
    return figures
