"""Every example of docs/api.md works as it stands, against a server with traffic."""

import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from firmtrack.store.embedded import EmbeddedPostgres
from tests.api.calling import Caller, validator_of
from tests.journeys.api_server import ApiServer, api_server, delivery_failed, stopped
from tests.journeys.processes import PATIENCE_SECONDS, wait_until

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text("utf-8")
_BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
_LIBRARY, _RECEIVER = "firmtrack_api.py", "receiver.py"


# What tells each example from the others.
_WORDS = {
    "settings": "export ",
    "a device": '-H "Authorization: Bearer $TOKEN" "$FIRMTRACK/api/v1/devices/$DEVICE"',
    "the latest": "Prefer: read=latest",
    "library": "def call(",
    "again": '"If-None-Match": tag',
    "pages": 'query["cursor"]',
    "file": "request.csv",
    "a message": "--data-binary @message.xml",
    "a batch": "/messages/batch",
    "receiver": "class Receiver",
}


def example(name: str) -> str:
    """Return the one block that holds the words of this name."""
    (found,) = [text for _, text in _BLOCKS if _WORDS[name] in text]
    return str(found)


@pytest.fixture(scope="module")
def server(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiServer]:
    with api_server(postgres, tmp_path_factory.mktemp("api")) as served:
        yield served


@pytest.fixture(scope="module")
def place(server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory as the page says: the library, the receiver, a message."""
    directory = tmp_path_factory.mktemp("page")
    (directory / _LIBRARY).write_text(example("library"), "utf-8")
    (directory / _RECEIVER).write_text(example("receiver"), "utf-8")
    (directory / "message.xml").write_bytes(delivery_failed(1))
    return directory


def environment_of(server: ApiServer) -> dict[str, str]:
    exported = dict(re.findall(r"^export (\w+)=(\S+)$", example("settings"), re.MULTILINE))
    others = {name: value for name, value in os.environ.items() if "FIRMTRACK" not in name}
    mine = {"FIRMTRACK": server.address, "TOKEN": server.token}
    return others | exported | mine | {"WEBHOOK_SECRET": server.webhook_secret}


def printed(server: ApiServer, place: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        env=environment_of(server),
        cwd=place,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def in_shell(server: ApiServer, place: Path, name: str) -> str:
    return printed(server, place, "sh", "-c", example(name))


def in_python(server: ApiServer, place: Path, name: str) -> str:
    return printed(server, place, sys.executable, "-W", "error", "-c", example(name))


def test_each_example_of_the_page_is_used_by_one_of_these_tests() -> None:
    assert sorted(map(example, _WORDS)) == sorted(text for _, text in _BLOCKS)


def test_a_device_is_found_by_curl(server: ApiServer, place: Path) -> None:
    device = json.loads(in_shell(server, place, "a device"))

    assert device["device_id"] == environment_of(server)["DEVICE"]
    assert device["distributions"][0]["diagnosis"]["sentence"]


def test_the_latest_of_a_device_is_asked_for_by_curl(server: ApiServer, place: Path) -> None:
    device = json.loads(in_shell(server, place, "the latest"))

    assert device["device_id"] == environment_of(server)["DEVICE"]


def test_who_asks_again_is_told_that_nothing_is_new(server: ApiServer, place: Path) -> None:
    *updates, last = in_python(server, place, "again").splitlines()

    assert updates
    assert last == "nothing new"


def test_all_pages_are_followed(server: ApiServer, place: Path) -> None:
    text = example("pages")
    by_ones = text.replace('"limit": 100', '"limit": 1')
    assert by_ones != text

    listed = in_python(server, place, "pages").splitlines()

    assert listed
    assert len({line.split()[0] for line in listed}) == len(listed)
    assert printed(server, place, sys.executable, "-c", by_ones).splitlines() == listed


def test_the_file_has_a_row_for_each_device(server: ApiServer, place: Path) -> None:
    assert in_shell(server, place, "file") == ""

    with (place / "request.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert {each["Service Request ID"] for each in rows} == {environment_of(server)["REQUEST"]}
    assert len({each["Device ID"] for each in rows}) == len(rows)


def test_a_message_is_handed_in_alone_and_in_a_batch(server: ApiServer, place: Path) -> None:
    taken = json.loads(in_shell(server, place, "a message"))
    again = in_python(server, place, "a batch")

    assert taken["outcome"] in {"recorded", "duplicate"}
    assert again == f"duplicate {taken['message_id']} None\n"


def test_a_problem_has_its_code_and_a_busy_server_is_asked_again(
    server: ApiServer, place: Path
) -> None:
    program = (
        "from firmtrack_api import *\ntry: call('/devices/x')\nexcept Problem as p: print(p.code)"
    )

    assert printed(server, place, sys.executable, "-c", program) == "malformed_parameter\n"


@pytest.fixture
def receiver(server: ApiServer, place: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", _RECEIVER, str(server.receiver_port)],
        env=environment_of(server),
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: _posted(server, {}, b"") == 401, "the receiver listens")
        yield process
    finally:
        process.kill()
        process.communicate()


def _posted(server: ApiServer, headers: dict[str, str], body: bytes) -> int:
    with closing(HTTPConnection("127.0.0.1", server.receiver_port, timeout=30)) as connection:
        try:
            connection.request("POST", "/", body, headers)
            return connection.getresponse().status
        except OSError:
            return 0


def _noted(place: Path) -> list[tuple[str, bytes, int]]:
    with closing(sqlite3.connect(place / "notices.sqlite3", timeout=30)) as database:
        return database.execute("SELECT id, body, is_done FROM notice ORDER BY rowid").fetchall()


def test_a_change_reaches_the_receiver_as_the_api_describes_it(
    server: ApiServer, place: Path, receiver: "subprocess.Popen[str]"
) -> None:
    (place / "message.xml").write_bytes(delivery_failed(2))
    in_shell(server, place, "a message")

    device_id = "00-DB-33-33-00-00-00-02"
    wait_until(
        lambda: any(device_id.encode() in body and done for _, body, done in _noted(place)),
        "the receiver has worked on the notice",
    )
    said, errors = stopped(receiver)
    assert errors == ""
    assert device_id in said
    body = next(body for _, body, _ in _noted(place) if device_id.encode() in body)
    event = json.loads(body)
    document = Caller().document()
    (described,) = [
        content["schema"]
        for webhook in document["webhooks"].values()
        for content in webhook["post"]["requestBody"]["content"].values()
        if event["type"] in content["schema"]["allOf"][1]["properties"]["type"]["enum"]
    ]
    assert list(validator_of(described).iter_errors(event)) == []


def test_the_receiver_takes_what_is_signed_now_and_each_id_once(
    server: ApiServer, place: Path, receiver: "subprocess.Popen[str]"
) -> None:
    signer = Webhook(server.webhook_secret)
    body = json.dumps({"type": "x", "data": {"sentence": "Nothing.", "link": None}})

    def headers(notice_id: str, at: float, signed: str = body) -> dict[str, str]:
        moment = datetime.fromtimestamp(at, UTC)
        return {
            "webhook-id": notice_id,
            "webhook-timestamp": str(int(at)),
            "webhook-signature": f"v1,none {signer.sign(notice_id, moment, signed)}",
        }

    now = time.time()
    good = headers("a", now)
    assert [_posted(server, good, body.encode()) for _ in range(3)] == [204] * 3
    for bad in (
        headers("b", now - 3600),
        headers("b", now + 3600),
        headers("b", now, "another body"),
        good | {"webhook-id": "b"},
        good | {"webhook-signature": "v1,é"},
        good | {"webhook-timestamp": "now"},
        {},
    ):
        assert _posted(server, bad, body.encode()) == 401
    assert [each[0] for each in _noted(place) if each[0] in {"a", "b"}] == ["a"]
