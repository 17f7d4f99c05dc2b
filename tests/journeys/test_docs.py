"""The pages of the docs that have commands: each command does as its page says, in their order."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from firmtrack.presentation.csv import COLUMNS
from firmtrack.store.embedded import EmbeddedPostgres
from tests.databases import fresh_database
from tests.journeys.documented import ROOT, Command, Shell, portal, steps_of
from tests.journeys.processes import called, on

_SIMULATED = ("--requests", 5, "--devices", 100, "--seed", 7)


@pytest.fixture
def where(postgres: EmbeddedPostgres) -> Iterator[str]:
    with fresh_database(postgres) as conninfo:
        yield conninfo


def take_all(page: str, where: str, directory: Path, at_least: int) -> None:
    steps = steps_of(page)
    assert len([each for each in steps if isinstance(each, Command)]) >= at_least
    with portal(on(where, directory)) as origin:
        shell = Shell(directory, on(where, directory), origin)
        for step in steps:
            shell.take(step)


def test_the_first_ten_minutes_lead_to_ones_own_first_message(where: str, tmp_path: Path) -> None:
    take_all("docs/first-ten-minutes.md", where, tmp_path, at_least=8)


def test_an_adapter_feeds_firmtrack_as_the_page_says(where: str, tmp_path: Path) -> None:
    called("simulate", "--requests", 1, "--devices", 5, "--seed", 7, "-o", tmp_path / "few",
           env=on(where, tmp_path))  # fmt: skip
    logged = [
        json.dumps({"received": "2025-01-06T10:18:00Z", "payload": payload})
        for message in (path.read_bytes() for path in sorted((tmp_path / "few").glob("*.xml")))
        if b"90-B3-D5-1F-30-01-00-00" in message  # a supplier's adapter carries no other's
        for payload in [base64.b64encode(message).decode()]
    ]
    (tmp_path / "adapter.log").write_text("\n".join(logged), "utf-8")

    take_all("docs/feed-from-your-adapter.md", where, tmp_path, at_least=9)


def test_files_are_read_as_the_page_says(where: str, tmp_path: Path) -> None:
    env = on(where, tmp_path)
    called("simulate", *_SIMULATED, "-o", tmp_path / "traffic.tar", env=env)
    assert called("ingest", tmp_path / "traffic.tar", env=env).returncode == 0
    page = "docs/csv-and-spreadsheets.md"
    text = (ROOT / page).read_text("utf-8")
    for column in COLUMNS:
        assert f"\n| {column} |" in text

    take_all(page, where, tmp_path, at_least=3)

    (create, copy) = re.findall(r"```sql\n(.*?;)\n(COPY .*?;)\n```", text, re.DOTALL)[0]
    exported = (tmp_path / "request.csv").read_bytes()
    with psycopg.connect(where) as connection, connection.cursor() as cursor:
        cursor.execute(create)
        with cursor.copy(copy) as rows:
            rows.write(exported)
        versions = cursor.execute(
            "SELECT DISTINCT firmware_version FROM exported_update"
        ).fetchall()
        reasons = cursor.execute(
            "SELECT count(*) FROM exported_update WHERE current_status_reason IS NULL"
        ).fetchone()
    assert versions == [("00010001",)]
    assert reasons == (88 + 16,)
