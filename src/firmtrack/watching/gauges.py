"""What is read of the database for those who watch it: a few numbers, all at once."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import Connection
from psycopg.rows import TupleRow, dict_row

from firmtrack.domain.viewer import Viewer
from firmtrack.notices.signs_of_life import ALIVE_FOR
from firmtrack.store.months import months_ahead
from firmtrack.store.reports.freshness import read_freshness
from firmtrack.store.schema import schema_version
from firmtrack.watching import statement

COUNTED_AT_MOST = 10_000
"""What waits is counted so far: to count on would take longer, and say no more."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number that is read: its name, the column it is read from, what it tells, its label."""

    name: str
    column: str
    tells: str
    label: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A gauge's number, with the values of its labels."""

    name: str
    labels: Mapping[str, str]
    number: float


_ALL = Viewer.of_dcc("metrics")
_COUNTED = f", up to {COUNTED_AT_MOST:,}"
GAUGES = (
    Gauge(
        "firmtrack_quarantine_waiting",
        "quarantine_waiting",
        f"Messages in quarantine that were not replayed{_COUNTED}.",
    ),
    Gauge(
        "firmtrack_notices",
        "notices_waiting",
        f"Notices that were not delivered, by state{_COUNTED}: dead ones were given up.",
        ("state", "waiting"),
    ),
    Gauge("firmtrack_notices", "notices_dead", "", ("state", "dead")),
    Gauge(
        "firmtrack_notices_oldest_seconds",
        "notices_oldest_seconds",
        "How long the notice has waited that is first in its endpoint's queue, the longest.",
    ),
    Gauge(
        "firmtrack_changes_oldest_seconds",
        "changes_oldest_seconds",
        "How long a change has waited to become a notice, the longest; 0 if none waits.",
    ),
    Gauge("firmtrack_endpoints", "endpoints", "Endpoints of notices that are on."),
    Gauge("firmtrack_dispatchers", "dispatchers", "Dispatchers of notices that run."),
    Gauge("firmtrack_stream_workers", "stream_workers", "Workers of the stream that run."),
    Gauge(
        "firmtrack_stream_waiting",
        "stream_waiting",
        "Messages in the stream that no worker has been given, as one last saw it.",
    ),
    Gauge(
        "firmtrack_stream_unacknowledged",
        "stream_unacknowledged",
        "Messages of the stream that are with workers, as one last saw it.",
    ),
    Gauge(
        "firmtrack_stalled_distributions",
        "stalled",
        f"Distributions that were found stalled in the last 24 hours{_COUNTED}; a dispatcher finds"
        " them.",
    ),
    Gauge(
        "firmtrack_unfolded_devices",
        "unfolded",
        f"Devices that a killed process left to be folded{_COUNTED}.",
    ),
    Gauge(
        "firmtrack_figures_age_seconds",
        "performance_age_seconds",
        "How old the figures are that are counted in the background.",
        ("figures", "performance"),
    ),
    Gauge("firmtrack_figures_age_seconds", "arrivals_age_seconds", "", ("figures", "arrivals")),
    Gauge("firmtrack_database_bytes", "database_bytes", "The database on its disk."),
    Gauge("firmtrack_database_connections", "connections", "Connections of the database server."),
    Gauge(
        "firmtrack_database_connections_limit",
        "connections_most",
        "How many connections the database server takes.",
    ),
    Gauge(
        "firmtrack_clock_skew_seconds",
        "clock",
        "How far this machine's clock is before the database's.",
    ),
)

MONTHS_AHEAD = "firmtrack_months_ahead"
SCHEMA_VERSION = "firmtrack_schema_version"
SOURCE_LAG = "firmtrack_source_lag_seconds"
SOURCE_USUAL = "firmtrack_source_usual_silence_seconds"
OTHERS = {
    MONTHS_AHEAD: "Months after the present one that have their tables; -1 if not even that has.",
    SCHEMA_VERSION: "The newest migration of the store that was applied.",
    SOURCE_LAG: "How long ago something last came from the source; region is empty where the source"
    " has none.",
    SOURCE_USUAL: "How long the source is usually silent at most, where that is known.",
}
"""What else is read, and what it tells."""


def read_gauges(connection: Connection[TupleRow]) -> list[Sample]:
    """Return all that is read of the database now."""
    asked_at = time.time()
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            statement("gauges"), {"at_most": COUNTED_AT_MOST, "alive": ALIVE_FOR}
        ).fetchone()
    assert row is not None
    row["clock"] = (asked_at + time.time()) / 2 - row["clock"]
    samples = [
        Sample(gauge.name, dict([gauge.label] if gauge.label else []), float(row[gauge.column]))
        for gauge in GAUGES
        if row[gauge.column] is not None
    ]
    samples.append(Sample(MONTHS_AHEAD, {}, months_ahead(connection)))
    samples.append(Sample(SCHEMA_VERSION, {}, schema_version(connection)))
    for source in read_freshness(connection, _ALL, datetime.now(UTC)).sources:
        labels = {"source": str(source.source), "region": source.csp_region or ""}
        samples.append(Sample(SOURCE_LAG, labels, source.silent_seconds))
        if source.usual_silence_seconds is not None:
            samples.append(Sample(SOURCE_USUAL, labels, source.usual_silence_seconds))
    return samples
