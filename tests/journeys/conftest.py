"""The portal on a real server, with the small world in it, and a real browser in front."""

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, expect, sync_playwright

from firmtrack.store import database
from firmtrack.store.embedded import EmbeddedPostgres
from tests.databases import fresh_database
from tests.journeys.processes import PATIENCE_SECONDS, free_port, listens, on, wait_until
from tests.journeys.visitor import Visitor
from tests.pages import causes, world
from tools.chromium import find_chromium

# A page is there in a moment, but not on a machine that is busy with all else.
BROWSER_MILLISECONDS = 120_000
expect.set_options(timeout=BROWSER_MILLISECONDS)
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
        causes.tell()
        database.close()
        yield where


@pytest.fixture(scope="package")
def portal(portal_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of its own process, which has the world in its database."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    directory = tmp_path_factory.mktemp("portal")
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
        server = subprocess.Popen(
            command,
            env=on(portal_database, directory) | {"FIRMTRACK_PROVIDER_PRIVATE_ADDRESSES": "on"},
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: server.poll() is not None or listens(port), "the portal answers")
        assert server.poll() is None, f"The portal did not start:\n{log.read_text()}"
        yield address
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium without a window, with a profile of its own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def adas_sessions() -> list[StorageState]:
    """What Ada's browser kept each time that she signed in, the last one last."""
    return []


@pytest.fixture
def adas_session(portal: str, browser: Browser, adas_sessions: list[StorageState]) -> StorageState:
    """What Ada's browser keeps while she is signed in; another test may have ended that."""
    if not adas_sessions or not _is_signed_in(portal, adas_sessions[-1]):
        context = browser.new_context(base_url=portal)
        context.set_default_timeout(BROWSER_MILLISECONDS)
        ada = Visitor(context.new_page())
        ada.sign_in()
        ada.sees("Firmware Distribution Tracking")
        adas_sessions.append(context.storage_state())
        context.close()
    return adas_sessions[-1]


def _is_signed_in(portal: str, session: StorageState) -> bool:
    cookies = {each["name"]: each["value"] for each in session["cookies"]}
    return httpx.get(f"{portal}/account", cookies=cookies, timeout=PATIENCE_SECONDS).is_success


@pytest.fixture(scope="package")
def contexts(portal: str, browser: Browser) -> Iterator[dict[bool, BrowserContext]]:
    """The two profiles that all visitors have one after the other: with scripts and without."""
    made = {
        runs_scripts: browser.new_context(
            base_url=portal, java_script_enabled=runs_scripts, locale="en-GB"
        )
        for runs_scripts in (True, False)
    }
    for context in made.values():
        context.set_default_timeout(BROWSER_MILLISECONDS)
    yield made
    for context in made.values():
        context.close()


_SCRIPTED = ["with JavaScript", "without JavaScript"]


@pytest.fixture(params=_SCRIPTED)
def newcomer(
    request: pytest.FixtureRequest, contexts: dict[bool, BrowserContext]
) -> Iterator[Visitor]:
    """Somebody who has not signed in, once with JavaScript and once without."""
    yield from _visitor(contexts[request.param == "with JavaScript"])


@pytest.fixture(params=_SCRIPTED)
def ada(
    request: pytest.FixtureRequest,
    contexts: dict[bool, BrowserContext],
    adas_session: StorageState,
) -> Iterator[Visitor]:
    """Ada, signed in, once with JavaScript and once without."""
    yield from _visitor(contexts[request.param == "with JavaScript"], adas_session)


@pytest.fixture
def scripted_ada(
    contexts: dict[bool, BrowserContext], adas_session: StorageState
) -> Iterator[Visitor]:
    """Ada, signed in, with JavaScript."""
    yield from _visitor(contexts[True], adas_session)


def _visitor(context: BrowserContext, session: StorageState | None = None) -> Iterator[Visitor]:
    """Yield a visitor with a window of their own, and of what came before only the browser's cache.

    Firmtrack keeps nothing in a browser but cookies.
    """
    context.clear_cookies()
    if session is not None:
        assert not session["origins"]
        context.add_cookies(session["cookies"])  # type: ignore[arg-type]  # what it gave, it takes
    visitor = Visitor(context.new_page())
    yield visitor
    visitor.page.close()
    assert not visitor.complaints, "the browser complained in its console"
