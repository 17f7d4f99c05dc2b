"""The portal on a real server, with the small world in it, and a real browser in front."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, StorageState, sync_playwright
from psycopg import conninfo

from firmtrack.store import database
from firmtrack.store.embedded import EmbeddedPostgres
from tests.databases import fresh_database
from tests.journeys.visitor import Visitor
from tests.pages import world
from tools.chromium import find_chromium

_START_SECONDS = 60
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def portal_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The database of the portal, with the world in it; no test's own process has it open."""
    with fresh_database(postgres) as where:
        database.use(where)
        world.people()
        world.tell()
        database.close()
        yield where


@pytest.fixture(scope="package")
def portal(portal_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of its own process, which has the world in its database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    directory = tmp_path_factory.mktemp("portal")
    parts = urlencode(conninfo.conninfo_to_dict(portal_database))
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://?{parts}",
        "FIRMTRACK_DATA_DIR": str(directory / "data"),
    }
    command = [
        sys.executable,
        "-m",
        "firmtrack",
        "serve",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    log = directory / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        _wait_for(address, server, log)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=_START_SECONDS)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{address}/sign-in", timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)  # a server of its own process says nothing when it is ready
    pytest.fail(f"The portal did not start:\n{log.read_text()}")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium without a window, with a profile of its own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def adas_session(portal: str, browser: Browser) -> StorageState:
    """What Ada's browser keeps once she has signed in."""
    context = browser.new_context(base_url=portal)
    ada = Visitor(context.new_page())
    ada.sign_in()
    ada.sees("Firmware Distribution Tracking")
    session = context.storage_state()
    context.close()
    return session


_SCRIPTED = ["with JavaScript", "without JavaScript"]


@pytest.fixture(params=_SCRIPTED)
def newcomer(request: pytest.FixtureRequest, portal: str, browser: Browser) -> Iterator[Visitor]:
    """Somebody who has not signed in, once with JavaScript and once without."""
    yield from _visitor(portal, browser, runs_scripts=request.param == "with JavaScript")


@pytest.fixture(params=_SCRIPTED)
def ada(
    request: pytest.FixtureRequest, portal: str, browser: Browser, adas_session: StorageState
) -> Iterator[Visitor]:
    """Ada, signed in, once with JavaScript and once without."""
    runs_scripts = request.param == "with JavaScript"
    yield from _visitor(portal, browser, runs_scripts=runs_scripts, session=adas_session)


@pytest.fixture
def scripted_ada(portal: str, browser: Browser, adas_session: StorageState) -> Iterator[Visitor]:
    """Ada, signed in, with JavaScript."""
    yield from _visitor(portal, browser, runs_scripts=True, session=adas_session)


def _visitor(
    portal: str, browser: Browser, *, runs_scripts: bool, session: StorageState | None = None
) -> Iterator[Visitor]:
    context = browser.new_context(
        base_url=portal, java_script_enabled=runs_scripts, locale="en-GB", storage_state=session
    )
    context.set_default_timeout(20_000)
    visitor = Visitor(context.new_page())
    yield visitor
    context.close()
    assert not visitor.complaints, "the browser complained in its console"
