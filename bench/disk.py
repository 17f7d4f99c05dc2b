"""How many octets an event takes on the disk, with the alert that tells it."""

from collections.abc import Sequence
from itertools import islice

import psycopg

from bench.figures import Figure, at_most
from bench.run import Run
from bench.scene import device_ids, fresh_database, request_messages, requests_for
from bench.traffic import Signatories, alert
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, Envelope
from firmtrack.intake.receive import OutcomeKind, Submitter, receive
from firmtrack.store.ledger.recording import Batch, record

_ALERTS_PER_DEVICE = 5
_ALERTS_AT_ONCE = 1_000

# What is told of an event, and of the message that tells it, as numbers are stored: the device, the
# request, the hub and the addressee; the message's identity; when it happened, by the clocks of DCC
# and of the CSP, and when it was recorded; status, kind, code and version.
_FIELDS_BYTES = 4 * 8 + 16 + 3 * 8 + 3 + 2 + 3 + 8


def measure(run: Run) -> list[Figure]:
    """Return how much more all tables take than what the alerts tell, each body as it is packed."""
    count = run.sized(50_000, least=100)
    requests = requests_for(device_ids(count // _ALERTS_PER_DEVICE, seed=12))
    pairs = [(request_id, device) for request_id, share in requests.items() for device in share]
    who = Signatories()
    alerts = (
        alert(*pair, turn * len(pairs) + number, who)
        for turn in range(_ALERTS_PER_DEVICE)
        for number, pair in enumerate(pairs)
    )
    octets = 0
    with (
        fresh_database(run.server) as conninfo,
        psycopg.connect(conninfo, autocommit=True) as connection,
    ):
        before = _table_bytes(connection)
        record(Batch(messages=request_messages(requests)))
        while documents := list(islice(alerts, _ALERTS_AT_ONCE)):
            octets += sum(map(len, documents))
            take_alerts(documents)
        connection.execute("VACUUM")
        grown = _table_bytes(connection) - before
        body = _mean_body_bytes(connection)
    told = _FIELDS_BYTES + body
    each = grown / count
    return [
        Figure(
            f"octets an event on the disk, {count:,} signed alerts",
            "the sum of its fields and its body as it is packed",
            at_most(2),
            each / told,
            unit="times",
            beside=f"{each:.0f} octets; fields {_FIELDS_BYTES}, body {octets / count:,.0f},"
            f" packed {body:.0f}",
        )
    ]


def take_alerts(documents: Sequence[bytes]) -> None:
    """Take the alerts in as the operator, each of which is new."""
    envelopes = [
        Envelope(body=each, media_type=DUIS_MEDIA_TYPE, received_at=None, origin="bench")
        for each in documents
    ]
    outcomes = receive(envelopes, Submitter.operator())
    assert {each.outcome for each in outcomes} == {OutcomeKind.RECORDED}, outcomes[0]


def _table_bytes(connection: psycopg.Connection[tuple[int]]) -> int:
    """Return what all tables take with their indexes."""
    return _one(
        connection,
        "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class"
        " WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace",
    )


def _mean_body_bytes(connection: psycopg.Connection[tuple[int]]) -> float:
    return _one(connection, "SELECT avg(octet_length(body))::float8 FROM message WHERE kind = 3")


def _one(connection: psycopg.Connection[tuple[int]], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]
