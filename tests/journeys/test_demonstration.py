"""The demonstration as `make run` starts it: what it promises at its start is there."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.journeys.processes import PATIENCE_SECONDS, free_port, listens, wait_until
from tests.journeys.test_accessibility import assert_anybody_can_use
from tests.journeys.visitor import Visitor


@contextmanager
def _served(data_dir: Path) -> Iterator[str]:
    """Serve a new demonstration, and give its address once it answers."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "FIRMTRACK_DATA_DIR": str(data_dir / "data"), "COLUMNS": "200"}
    del environment["DJANGO_SETTINGS_MODULE"]
    command = [sys.executable, "-m", "firmtrack", "serve", "--demonstration", "--port", str(port)]
    log = data_dir / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        _wait_until_said(f"Firmtrack is at {origin}", log, server)
        assert f"What notices arrived: {origin}/demonstration/receiver" in log.read_text()
        wait_until(lambda: listens(port), "the server, which has said where it will be, answers")
        yield origin
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_SECONDS)


def test_notices_arrive_and_what_to_try_is_there(tmp_path: Path, browser: Browser) -> None:
    with _served(tmp_path) as origin:
        notes = json.loads((tmp_path / "data" / "demonstration.json").read_text())
        alphas = _arrived(browser, origin, "ada@alpha.example", notes["password"])
        bravos = _arrived(browser, origin, "ben@bravo.example", notes["password"])
        _try_each(browser, origin, notes["try_this"])

    assert alphas
    assert bravos
    assert not alphas & bravos


def _try_each(browser: Browser, origin: str, tries: list[dict[str, str]]) -> None:
    """Look at the sign-in page; follow each link of it, on a phone and without JavaScript."""
    assert len(tries) > 8
    visitor = Visitor(browser.new_page(base_url=origin, viewport={"width": 320, "height": 640}))
    visitor.page.goto("/sign-in")
    visitor.sees("Sign in to Firmtrack")
    assert_anybody_can_use(visitor)
    visitor.page.close()
    for each in tries:
        context = browser.new_context(
            base_url=origin,
            locale="en-GB",
            java_script_enabled=False,
            viewport={"width": 320, "height": 640},
        )
        context.set_default_timeout(PATIENCE_SECONDS * 1_000)
        visitor = Visitor(context.new_page())
        visitor.page.goto("/sign-in")
        visitor.page.get_by_role("button", name=each["text"], exact=True).click()
        visitor.page.wait_for_url(f"{origin}{each['path']}")
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        assert not visitor.complaints
        context.close()


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
