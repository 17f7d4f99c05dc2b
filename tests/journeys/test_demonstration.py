"""The demonstration as `make run` starts it: what it promises at its start is there."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.journeys.processes import PATIENCE_SECONDS, free_port, listens, wait_until
from tests.journeys.test_accessibility import assert_anybody_can_use
from tests.journeys.visitor import Visitor


def test_notices_arrive_at_the_demonstrations_receiver(tmp_path: Path, browser: Browser) -> None:
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "FIRMTRACK_DATA_DIR": str(tmp_path / "data"), "COLUMNS": "200"}
    del environment["DJANGO_SETTINGS_MODULE"]
    command = [sys.executable, "-m", "firmtrack", "serve", "--demonstration", "--port", str(port)]
    log = tmp_path / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        _wait_until_said(f"Firmtrack is at {origin}", log, server)
        assert f"What notices arrived: {origin}/demonstration/receiver" in log.read_text()
        notes = json.loads((tmp_path / "data" / "demonstration.json").read_text())
        alphas = _arrived(browser, origin, "ada@alpha.example", notes["password"])
        bravos = _arrived(browser, origin, "ben@bravo.example", notes["password"])
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_SECONDS)

    assert alphas
    assert bravos
    assert not alphas & bravos


def _wait_until_said(words: str, log: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while words not in log.read_text():
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)  # what is waited for happens in another process


def _arrived(browser: Browser, origin: str, email: str, password: str) -> set[str]:
    """Return the webhook-ids that a person's party has on the receiver's page."""
    context = browser.new_context(base_url=origin, locale="en-GB")
    context.set_default_timeout(PATIENCE_SECONDS * 1_000)
    visitor = Visitor(context.new_page())
    port = int(origin.rpartition(":")[2])
    wait_until(lambda: listens(port), "the server, which has said where it will be, answers")
    visitor.sign_in(email, password)
    visitor.sees("Firmware Distribution Tracking")
    visitor.page.goto("/notices")
    visitor.page.get_by_role("link", name="What arrived at the demonstration’s receiver").click()
    visitor.sees("Demonstration receiver")
    deadline = time.monotonic() + PATIENCE_SECONDS
    rows = visitor.page.locator("tbody tr")
    while not rows.count() and time.monotonic() < deadline:
        time.sleep(0.5)  # the dispatcher is another process
        visitor.page.reload()
    expect(rows.first).to_be_visible()
    ids = {re.split(r"\s", text.strip())[-1] for text in rows.all_inner_texts()}
    assert_anybody_can_use(visitor)
    context.close()
    assert not visitor.complaints
    return ids
