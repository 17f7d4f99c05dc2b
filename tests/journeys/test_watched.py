"""A whole server as those see it who watch it: while all it has waits, and after a process died."""

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import psutil
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from firmtrack.cli import serving
from tests.journeys.processes import (
    PATIENCE_SECONDS,
    ended,
    firmtrack,
    free_port,
    listens,
    on,
    wait_until,
)

WORKERS = 2


@pytest.fixture
def server(own_database: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server of two processes that answer, and its port."""
    port = free_port()
    process = firmtrack(
        "serve", "--port", port, "--workers", WORKERS, env=on(own_database, tmp_path)
    )
    try:
        wait_until(lambda: listens(port), "it answered")
        yield process, port
    finally:
        process.terminate()
        ended(process)


def asked(port: int, path: str, **headers: str) -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def numbers(port: int) -> dict[str, float]:
    """Return how often each kind of call was answered, and what has no labels."""
    status, text = asked(port, "/metrics")
    assert status == 200
    return {
        "/".join([each.name, *(value for _, value in sorted(each.labels.items()))]): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }


def test_a_server_says_how_it_is_while_all_its_threads_wait_for_the_database(
    server: tuple[subprocess.Popen[str], int], own_database: str
) -> None:
    _, port = server
    assert asked(port, "/readyz") == (200, '{"status": "ready", "problems": []}\n')
    waiting = 4 * WORKERS * serving._THREADS
    with (
        psycopg.connect(own_database) as other,
        psycopg.connect(own_database, autocommit=True) as watching,
        ThreadPoolExecutor(waiting) as callers,
    ):
        other.execute("LOCK TABLE accounts_apitoken")  # which every call of the API reads
        calls = [
            callers.submit(asked, port, "/api/v1/freshness", Authorization="Bearer ft_x")
            for _ in range(waiting)
        ]
        wait_until(
            lambda: (
                watching.execute("SELECT FROM pg_locks WHERE NOT granted").rowcount
                >= WORKERS * serving._THREADS
            ),
            "all threads waited",
        )

        assert [asked(port, path)[0] for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3
        assert not any(call.done() for call in calls)
        other.rollback()
        assert {call.result()[0] for call in calls} == {401}


def test_what_a_killed_process_has_counted_stays(
    server: tuple[subprocess.Popen[str], int],
) -> None:
    process, port = server
    for _ in range(40):
        asked(port, "/nowhere")

    for worker in psutil.Process(process.pid).children():
        os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: listens(port), "others followed")

    assert numbers(port)["firmtrack_calls_total/404/pages"] == 40
