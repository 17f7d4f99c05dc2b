"""What is usual, when it cannot be told: null in the API, a sentence on the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from firmtrack.store.database import pool
from tests.api.calling import Caller
from tests.api.world import METERS, REQUEST_ID, Cast, accepted_but_for, update_firmware

DEVICE_PATH = f"/devices/{METERS[0]}"
REQUEST_PATH = f"/service-requests/{REQUEST_ID}"
UNTOLD = "Whether that is usual could not be told now."


@pytest.fixture
def database(own_database: str) -> str:
    """A database that may lose a table."""
    return own_database


@pytest.fixture
def without_the_usual(cast: Cast, api: Caller) -> Cast:
    """A request under way, in a database that has lost what is usual."""
    for xml in (update_firmware(), accepted_but_for()):
        sent = api.post("/messages", cast.dcc.intake, xml, "application/xml")
        assert sent.status == 200
    with pool().connection() as connection:
        connection.execute("DROP TABLE wait_limit")
    return cast


def test_a_device_is_answered_without_what_is_usual(
    api: Caller, without_the_usual: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    found = api.get(DEVICE_PATH, without_the_usual.alpha.read)

    assert found.status == 200
    diagnosis = found.json["distributions"][0]["diagnosis"]
    assert (diagnosis["usual_seconds"], diagnosis["pace"]) == (None, None)
    assert UNTOLD in diagnosis["sentence"]
    assert "Could not be told: what is usual." in caplog.messages


def test_a_request_and_its_devices_are_answered_unless_the_pace_is_asked_for(
    api: Caller, without_the_usual: Cast
) -> None:
    token = without_the_usual.alpha.read
    assert api.get(REQUEST_PATH, token).status == 200
    for suffix in ("", ".csv", ".xlsx"):
        path = f"{REQUEST_PATH}/distributions{suffix}"
        assert api.get(path, token).status == 200
        asked_for_pace = api.get(path, token, pace="slow")
        assert (asked_for_pace.status, asked_for_pace.json["code"]) == (503, "untold")


@pytest.mark.usefixtures("without_the_usual")
def test_the_command_line_says_that_it_could_not_be_told(database: str, tmp_path: Path) -> None:
    parts = conninfo_to_dict(database)
    place = f"host={parts['host']}&port={parts['port']}"
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://{parts['user']}@/{parts['dbname']}?{place}",
        "FIRMTRACK_DATA_DIR": str(tmp_path),
    }

    found = subprocess.run(
        [sys.executable, "-m", "firmtrack", "find", "device", str(METERS[0])],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert UNTOLD in " ".join(found.stdout.split())
    assert "Could not be told: what is usual." in found.stderr
