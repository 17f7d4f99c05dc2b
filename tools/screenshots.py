"""Takes the pictures in ``docs/images`` of the real portal, with the demonstration in it."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

from tools.chromium import find_chromium

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
FIRMTRACK = Path(sys.executable).with_name("firmtrack")
DESKTOP, PHONE = (1100, 1000), (390, 844)

_EMAIL = "ada@alpha.example"
_START_SECONDS = 180


class Demonstration(NamedTuple):
    """A demonstration that runs: where, and the paths of what there is to try, by key."""

    address: str
    password: str
    paths: Mapping[str, str]


def main() -> None:
    """Serve a demonstration from a temporary directory, and take all pictures of it."""
    with (
        tempfile.TemporaryDirectory(prefix="firmtrack-screenshots-") as directory,
        _served(Path(directory)) as demonstration,
    ):
        _take_pictures(demonstration)


@contextmanager
def _served(data_dir: Path) -> Iterator[Demonstration]:
    """Serve a new demonstration on a free port, and give it once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [str(FIRMTRACK), "serve", "--demonstration", "--port", str(port)]
    server = subprocess.Popen(command, env=_environment(data_dir), stdout=subprocess.DEVNULL)
    try:
        _wait_for(address, server)
        notes = json.loads((data_dir / "demonstration.json").read_text(encoding="utf-8"))
        paths = {each["key"]: each["path"] for each in notes["try_this"]}
        yield Demonstration(address, notes["password"], paths)
    finally:
        server.terminate()
        server.wait(timeout=_START_SECONDS)


def _environment(data_dir: Path) -> dict[str, str]:
    """Return the environment less any settings of the developer's own portal."""
    others = {n: v for n, v in os.environ.items() if not n.startswith(("FIRMTRACK_", "DATABASE_"))}
    return {**others, "FIRMTRACK_DATA_DIR": str(data_dir)}


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{address}/sign-in", timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)  # a server of its own process says nothing when it is ready
    sys.exit("The portal did not start.")


def _take_pictures(demonstration: Demonstration) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    paths = demonstration.paths
    pictures = {
        "search": "/firmware-distribution",
        "service-requests": "/service-requests",
        "request-result": paths["request"],
        "device-result": paths["failed"],
        "device-stalled": paths["stalled"],
        "inventory": paths["failed"].replace("/devices/", "/inventory/"),
        "causes": paths["causes"],
        "delivery-performance": paths["performance"],
        "notices": "/notices",
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        page = browser.new_page(base_url=demonstration.address, locale="en-GB")
        _show(page, "demonstration-sign-in", "/sign-in")
        _sign_in(page, demonstration.password)
        for name, path in pictures.items():
            _show(page, name, path)
        page.goto(paths["failed"])
        message = page.get_by_role("link", name="View message").first.get_attribute("href")
        _show(page, "message", str(message))
        browser.close()


def _show(page: Page, name: str, path: str) -> None:
    """Take the pictures of a page. Exits if it is not there."""
    answer = page.goto(path)
    if answer is None or not answer.ok:
        sys.exit(f"{path} is not answered.")
    _take_picture(page, name, DESKTOP)
    _take_picture(page, f"{name}-phone", PHONE)


def _sign_in(page: Page, password: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(_EMAIL)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/firmware-distribution")


def _take_picture(page: Page, name: str, size: tuple[int, int]) -> None:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.screenshot(path=IMAGES / f"{name}.png")
    print(IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
