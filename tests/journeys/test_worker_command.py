"""``firmtrack worker`` as it is run: told to stop, without a stream, while its database is away."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest

from firmtrack.intake.receive import OutcomeKind
from firmtrack.stream.names import REPORT_SUBJECT
from tests.api.world import stage_report
from tests.journeys.own_postgres import conninfo_at, migrated
from tests.journeys.processes import (
    PATIENCE_SECONDS,
    called,
    ended,
    environment,
    firmtrack,
    free_port,
    on,
    until_said,
    wait_until,
)
from tests.streams import Cluster, one_node
from tests.working import give_again_after, left_in, put, take_all

MANY = [stage_report(str(number)) for number in range(3_000)]
_COUNT = "SELECT count(*) FROM message"


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Cluster]:
    with one_node(tmp_path / "stream") as cluster:
        yield cluster


def recorded(conninfo: str) -> int:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(_COUNT).fetchone()
    assert row is not None
    return int(row[0])


def with_stream(env: dict[str, str], cluster: Cluster) -> dict[str, str]:
    return {**env, **cluster.environment}


@contextmanager
def a_worker(*options: str, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = firmtrack("worker", *options, env=env)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_without_a_stream_it_says_so_in_a_line(tmp_path: Path) -> None:
    done = called("worker", env=environment(FIRMTRACK_DATA_DIR=tmp_path))

    assert done.returncode == 1
    assert done.stderr == (
        "firmtrack: there is no stream to take messages from: set NATS_URL to a server of NATS "
        "JetStream.\n"
    )


def test_a_stream_that_is_not_there_is_told_in_a_line_without_its_password(
    database: str, tmp_path: Path
) -> None:
    port = free_port()
    env = {**on(database, tmp_path), "NATS_URL": f"nats://me:secret@127.0.0.1:{port}"}
    with a_worker(env=env) as process:
        code, output, errors = ended(process)

    assert (code, output) == (1, "")
    (line,) = errors.splitlines()
    assert line.startswith(f"firmtrack: the stream at 127.0.0.1:{port} cannot be reached: ")
    assert "secret" not in line


def test_it_ends_when_nothing_is_left_and_says_what_it_took(
    database: str, tmp_path: Path, stream: Cluster
) -> None:
    put(stream, REPORT_SUBJECT, *MANY[:100], *MANY[:10], b"{}")
    with a_worker("--until-empty", "--json", env=with_stream(on(database, tmp_path), stream)) as it:
        code, output, errors = ended(it)

    assert (code, errors) == (0, "")
    told = json.loads(output)
    assert told.pop("seconds") > 0
    assert told == {
        "messages": 111, "recorded": 100, "duplicate": 10, "ignored": 0, "quarantined": 1,
        "refused": 0, "events": 100, "redelivered": 0,
    }  # fmt: skip


def test_it_tells_those_who_watch_what_it_took(
    database: str, tmp_path: Path, stream: Cluster
) -> None:
    put(stream, REPORT_SUBJECT, *MANY[:100])
    port = free_port()
    env = with_stream(on(database, tmp_path), stream)

    def answer(path: str) -> str:
        with closing(HTTPConnection("127.0.0.1", port)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read().decode()

    def series() -> dict[str, float]:
        lines = (each.rpartition(" ") for each in answer("/metrics").splitlines())
        return {name: float(number) for name, _, number in lines if name.startswith("firmtrack_")}

    with a_worker("--port", str(port), env=env) as it:
        until_said(it, "Taking messages")
        wait_until(lambda: recorded(database) == 100, "all is recorded")
        wait_until(lambda: series()["firmtrack_stream_taken_total"] == 100, "it has counted them")
        told = series()
        health, elsewhere = answer("/healthz"), answer("/")
        it.terminate()
        assert ended(it)[0] == 0

    assert told["firmtrack_stream_batch_seconds_count"] == 1
    assert told['firmtrack_messages_total{kind="stage_report",outcome="recorded"}'] == 100
    assert told["firmtrack_stream_workers"] == 1
    assert (health, elsewhere) == (
        '{"status": "ok"}\n',
        "A worker answers /healthz, /readyz and /metrics alone.\n",
    )


def test_told_to_stop_it_ends_its_batch_and_leaves_the_rest_to_others_at_once(
    database: str, tmp_path: Path, stream: Cluster
) -> None:
    give_again_after(stream, 3_600.0)  # what it kept would be missed
    put(stream, REPORT_SUBJECT, *MANY)
    env = with_stream(on(database, tmp_path), stream)
    with a_worker("--batch", "50", env=env) as it:
        until_said(it, "Taking messages")
        wait_until(lambda: recorded(database) > 0, "something is recorded")
        it.terminate()
        code, output, errors = ended(it)

    assert (code, errors) == (0, "")
    before, left = recorded(database), left_in(stream)
    assert f"{before:,} messages in" in output
    assert left.waiting > 0
    assert before + left.waiting + left.unacknowledged == len(MANY)
    assert take_all(stream).outcomes == {OutcomeKind.RECORDED: len(MANY) - before}


def test_who_connects_to_its_port_and_asks_nothing_holds_up_neither_others_nor_its_end(
    database: str, tmp_path: Path, stream: Cluster
) -> None:
    port = free_port()
    env = with_stream(on(database, tmp_path), stream)
    with a_worker("--port", str(port), env=env) as it:
        until_said(it, "Taking messages")
        with (
            socket.create_connection(("127.0.0.1", port)),
            closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as watcher,
        ):
            watcher.request("GET", "/healthz")
            assert watcher.getresponse().status == 200
            it.terminate()
            assert ended(it)[0] == 0


def test_while_its_database_is_away_it_takes_nothing_and_then_goes_on(
    tmp_path: Path, stream: Cluster
) -> None:
    with migrated(tmp_path / "postgresql") as server:
        conninfo = conninfo_at(server.port)
        env = with_stream(on(conninfo, tmp_path), stream)
        with a_worker("--batch", "50", env=env) as it:
            put(stream, REPORT_SUBJECT, *MANY[:50])
            wait_until(lambda: recorded(conninfo) > 0, "something is recorded")
            server.stop()
            put(stream, REPORT_SUBJECT, *MANY[50:500])
            assert it.stderr is not None
            while "The database failed" not in (line := it.stderr.readline()):
                assert line, "it ended"
            server.start()
            wait_until(lambda: recorded(conninfo) == 500, "all is recorded")
            it.terminate()
            code, _, errors = ended(it)
        assert code == 0, errors
        assert "The database answers" in errors
        assert left_in(stream).is_empty


def test_nothing_of_a_stream_is_imported_where_there_is_none(tmp_path: Path) -> None:
    script = (
        "import os, sys, django; django.setup(); import firmtrack.wsgi, firmtrack.cli.commands; "
        "from django.urls import get_resolver; get_resolver().url_patterns; "
        "sys.exit(any(name.partition('.')[0] == 'nats' for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(FIRMTRACK_DATA_DIR=tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
