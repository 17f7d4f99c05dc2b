"""The largest legal request: 50,000 devices and a 10 MB image, until it is committed."""

from functools import partial
from pathlib import Path

import psycopg
from lxml import etree

from bench.figures import Figure, at_most
from bench.processes import ingest
from bench.run import Run
from bench.scene import DCC, USER, device_ids, fresh_database
from bench.timing import median_ratio, seconds_of
from bench.traffic import Signatories, update_firmware
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.store.numbers import to_bigint

_IMAGE_BYTES = 10_240_000
_RUNS = 3
_MEGABYTE = 1_000_000


def measure(run: Run) -> list[Figure]:
    """Return the figures for time and for memory, signatures off and on."""
    who = Signatories()
    trust_store = who.trust_store(run.scratch / "trust-of-request")
    devices = device_ids(run.sized(50_000, least=100), seed=5)
    path = run.scratch / "largest.xml"
    path.write_bytes(update_firmware(RequestId(USER, DCC, 1), devices, _IMAGE_BYTES, who))
    figures: list[Figure] = []
    for trust, signatures in ((None, "off"), (trust_store, "on")):
        pairs, peaks = [], []
        for _ in range(_RUNS):
            with fresh_database(run.server) as conninfo:
                limit = seconds_of(partial(_parse_and_copy, conninfo, path, devices))
                taken = ingest(conninfo, path, trust)
            assert taken.tally["recorded"] == 1, taken.tally
            pairs.append((taken.tally["seconds"], limit))
            peaks.append(taken.peak_bytes)
        job = f"one 11.1 with {len(devices):,} devices and a 10 MB image, signatures {signatures}"
        figures += [
            Figure(
                job,
                f"lxml parse + COPY of {len(devices):,} keyed rows",
                at_most(6),
                median_ratio(pairs),
                unit="times",
            ),
            Figure(f"memory of {job}", "–", at_most(250), max(peaks) / _MEGABYTE, unit="MB"),
        ]
    return figures


def _parse_and_copy(conninfo: str, path: Path, devices: list[Eui64]) -> None:
    etree.fromstring(path.read_bytes(), etree.XMLParser(huge_tree=True, resolve_entities=False))
    with psycopg.connect(conninfo) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_names")
        cursor.execute(
            "CREATE TABLE bare_names (device_id bigint, request_key bigint,"
            " PRIMARY KEY (device_id, request_key))"
        )
        with cursor.copy("COPY bare_names FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(("int8", "int8"))
            for device in devices:
                copy.write_row((to_bigint(device), 1))
