"""Somebody who uses the portal with a browser, and a browser that says what it dislikes."""

import re

from playwright.sync_api import ConsoleMessage, Page, expect

from tests.pages.world import PASSWORD

# The browser writes this of every page with an error status; the test asks for the status itself.
_STATUS = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


class Visitor:
    """Somebody with a browser open.

    ``complaints`` are the errors and warnings in the browser's console: a violation of the
    Content Security Policy, a script that failed, a file that is missing.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message: ConsoleMessage) -> None:
        is_of_a_page = message.location.get("url") == self.page.url
        if message.type in {"error", "warning"} and not (
            is_of_a_page and _STATUS.match(message.text)
        ):
            self.complaints.append(message.text)

    def sign_in(self, email: str = "ada@alpha.example", password: str = PASSWORD) -> None:
        """Sign in on the page that asks for it."""
        self.page.goto("/sign-in")
        self.page.get_by_label("Email address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def sign_out(self) -> None:
        """Sign out: on a narrow screen that is in the menu."""
        menu = self.page.get_by_text("Menu", exact=True)
        if menu.is_visible():
            menu.click()
        self.page.get_by_role("button", name="Sign out").click()

    def search(self, by: str | None, term: str) -> None:
        """Fill in the search form and send it."""
        self.page.goto("/firmware-distribution")
        if by is not None:
            self.page.get_by_label(by, exact=True).check()
        self.page.get_by_label("Search term").fill(term)
        self.page.get_by_role("button", name="Search").click()

    def sees(self, heading: str) -> None:
        """Fail unless the page is, or soon becomes, the one with this h1."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
