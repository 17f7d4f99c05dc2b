"""Takes the pictures in ``docs/images`` of the real portal, with simulated traffic in it.

Everything happens in a temporary data directory, with the commands that anybody would use.
"""

import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

from tools.chromium import find_chromium

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
FIRMTRACK = Path(sys.executable).with_name("firmtrack")
DESKTOP = {"width": 1100, "height": 1000}
PHONE = {"width": 390, "height": 844}

_EMAIL, _PASSWORD = "ada@alpha.example", secrets.token_urlsafe(16)
_REQUEST_ID = re.compile(rb"<(?:\w+:)?RequestID>([^<]+)</")
_START_SECONDS = 60


def main() -> None:
    """Fill a new data directory, serve it, and take all pictures."""
    with tempfile.TemporaryDirectory(prefix="firmtrack-screenshots-") as directory:
        environment = _environment(Path(directory) / "data")
        request_id = _fill(Path(directory) / "traffic", environment)
        with _served(environment) as address:
            _take_pictures(address, request_id)


def _environment(data_dir: Path) -> dict[str, str]:
    own = {name for name in os.environ if name.startswith("FIRMTRACK_") or name == "DATABASE_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in own}
    return {**kept, "FIRMTRACK_DATA_DIR": str(data_dir)}


def _fill(traffic: Path, environment: dict[str, str]) -> str:
    """Take simulated traffic in, make its sender's sign-in, and return one of its Request IDs."""

    def firmtrack(*words: str, said: str | None = None) -> None:
        subprocess.run([FIRMTRACK, *words], env=environment, input=said, text=True, check=True)

    what = ("--requests", "4", "--devices", "60", "--seed", "7")
    firmtrack("simulate", *what, "-o", str(traffic))
    firmtrack("ingest", str(traffic))
    request_id = _first_request_id(traffic)
    user_id = request_id.partition(":")[0]
    firmtrack("party", "add", "Alpha Energy", "--kind", "large_supplier", "--user-id", user_id)
    firmtrack("user", "add", _EMAIL, "--party", "Alpha Energy", "--password-stdin", said=_PASSWORD)
    return request_id


def _first_request_id(traffic: Path) -> str:
    for path in sorted(traffic.rglob("*.xml")):
        found = _REQUEST_ID.search(path.read_bytes())
        if found is not None:
            return found[1].decode("ascii")
    sys.exit(f"No message in {traffic} has a Request ID.")


@contextmanager
def _served(environment: dict[str, str]) -> Iterator[str]:
    """Serve the portal on a free port, and give its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([FIRMTRACK, "serve", "--port", str(port)], env=environment)
    try:
        _wait_for(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=_START_SECONDS)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{address}/sign-in", timeout=5):
                return
        except (URLError, TimeoutError):
            time.sleep(0.2)  # a server of its own process says nothing when it is ready
    sys.exit("The portal did not start.")


def _take_pictures(address: str, request_id: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        context = browser.new_context(base_url=address, locale="en-GB")
        page = context.new_page()
        _sign_in(page)
        device = _device_that_failed(page, request_id)
        for name, path in (
            ("search", "/firmware-distribution"),
            ("request-result", f"/service-requests/{request_id}"),
            ("device-result", device),
        ):
            page.goto(path)
            _take_picture(page, name, DESKTOP)
            _take_picture(page, f"{name}-phone", PHONE)
        browser.close()


def _sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.locator("input[name=username]").fill(_EMAIL)
    page.locator("input[name=password]").fill(_PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/firmware-distribution")


def _device_that_failed(page: Page, request_id: str) -> str:
    """Return the path of a device whose update stopped, or of any if none did."""
    for wanted in ("?completion_status=failed", ""):
        page.goto(f"/service-requests/{request_id}{wanted}")
        link = page.locator("main a[href^='/devices/']").first
        if link.count():
            return link.get_attribute("href") or ""
    sys.exit(f"Request {request_id} shows no device.")


def _take_picture(page: Page, name: str, size: dict[str, int]) -> None:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    page.screenshot(path=IMAGES / f"{name}.png", full_page=False)
    print(IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
