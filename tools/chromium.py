"""Which Chromium drives the journeys and takes the screenshots."""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Return the path of a Chromium, None if there is none.

    ``CHROMIUM`` names it, else the system's is taken, else Playwright's own.
    """
    named = os.environ.get("CHROMIUM")
    installed = (shutil.which(name) for name in ([named] if named else _NAMES))
    return next((path for path in installed if path is not None), None) or _playwrights_own()


def _playwrights_own() -> str | None:
    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return str(path) if path.exists() else None


if __name__ == "__main__":
    found = find_chromium()
    sys.exit(f"There is no Chromium: see {__file__}." if found is None else 0)
