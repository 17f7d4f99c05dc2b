"""Every measure that processes count, and every value that its labels have: none has another."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from firmtrack.domain.facts import MessageKind

OTHER = "other"
"""Stands for every value of a label that is not in the table."""


class Form(StrEnum):
    """What a measure is."""

    COUNTER = "counter"
    """Only grows, and stays when a process ends."""

    GAUGE = "gauge"
    """Each process's own, summed up of those that live."""

    HISTOGRAM = "histogram"
    """How many took at most how many seconds."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its name, what it tells, and the values of its labels."""

    name: str
    form: Form
    tells: str
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    bounds: tuple[float, ...] = ()
    """A histogram's, in seconds, ascending."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of its labels, in their order."""
        return tuple(name for name, _ in self.labels)

    def label_values(self) -> list[tuple[str, ...]]:
        """Return each combination of values of its labels, in the order in which they are kept."""
        return list(product(*(values for _, values in self.labels)))

    @property
    def width(self) -> int:
        """How many numbers are kept of each combination."""
        return len(self.bounds) + 2 if self.form is Form.HISTOGRAM else 1


_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SURFACES = ("api", "pages")
_STATUSES = (
    "200", "201", "202", "204", "206", "301", "302", "303", "304", "308", "400", "401", "403",
    "404", "405", "406", "408", "409", "410", "411", "413", "415", "422", "429", "431", "500",
    "502", "503", "504", "507", OTHER,
)  # fmt: skip
_LOOKUPS = (
    "service_request", "service_requests", "since_last_look", "distributions", "distributions_csv",
    "distributions_xlsx", "device", "events", "peers", "inventory", "first_known",
    "delivery_performance", "causes", "cause", "cause_csv", "cause_xlsx", "cause_device_list",
    "message", "message_body", "message_status", "notices", "endpoint", "endpoints", "watches",
    "watch", "audit", "audit_csv", OTHER,
)  # fmt: skip
_OUTCOMES = ("recorded", "duplicate", "ignored", "quarantined", "refused")
_POOLS = ("firmtrack writing", "firmtrack reading", "firmtrack", "firmtrack replica")

CALLS = Measure(
    "firmtrack_calls",
    Form.COUNTER,
    "Calls that were answered, by the application.",
    (("surface", _SURFACES), ("status", _STATUSES)),
)
CALL_SECONDS = Measure(
    "firmtrack_call_seconds",
    Form.HISTOGRAM,
    "How long calls took, from their beginning in a thread that works to their answer.",
    (("surface", _SURFACES),),
    _QUICK,
)
LOOKUP_SECONDS = Measure(
    "firmtrack_lookup_seconds",
    Form.HISTOGRAM,
    "How long look-ups took, from the beginning of their call until they were audited.",
    (("kind", _LOOKUPS),),
    _QUICK,
)
MESSAGES = Measure(
    "firmtrack_messages",
    Form.COUNTER,
    "Messages that were handed in to this server, by what became of them; of what was ignored or"
    " quarantined the kind is other.",
    (("outcome", _OUTCOMES), ("kind", (*MessageKind, OTHER))),
)
LEDGER_BATCH_SECONDS = Measure(
    "firmtrack_ledger_batch_seconds",
    Form.HISTOGRAM,
    "How long batches of messages took to be recorded, their commit included.",
    bounds=_QUICK,
)
STREAM_TAKEN = Measure(
    "firmtrack_stream_taken",
    Form.COUNTER,
    "Messages that this worker took from the stream, and that are committed.",
)
STREAM_REDELIVERED = Measure(
    "firmtrack_stream_redelivered",
    Form.COUNTER,
    "Those among them that had been given to a worker before.",
)
STREAM_BATCH_SECONDS = Measure(
    "firmtrack_stream_batch_seconds",
    Form.HISTOGRAM,
    "How long batches from the stream took to be read and recorded, their commit included.",
    bounds=_QUICK,
)
POOL_CONNECTIONS = Measure(
    "firmtrack_pool_connections",
    Form.GAUGE,
    "Connections to the database that the processes of this server hold.",
    (("pool", _POOLS),),
)
POOL_IN_USE = Measure(
    "firmtrack_pool_connections_in_use",
    Form.GAUGE,
    "Those that are in use.",
    (("pool", _POOLS),),
)
POOL_WAITING = Measure(
    "firmtrack_pool_waiting",
    Form.GAUGE,
    "Threads that wait for a connection.",
    (("pool", _POOLS),),
)
RESIDENT_BYTES = Measure(
    "firmtrack_resident_memory_bytes",
    Form.GAUGE,
    "Memory of the processes that answer; what they share counts for each.",
)

TABLE = (
    CALLS,
    CALL_SECONDS,
    LOOKUP_SECONDS,
    MESSAGES,
    LEDGER_BATCH_SECONDS,
    STREAM_TAKEN,
    STREAM_REDELIVERED,
    STREAM_BATCH_SECONDS,
    POOL_CONNECTIONS,
    POOL_IN_USE,
    POOL_WAITING,
    RESIDENT_BYTES,
)
