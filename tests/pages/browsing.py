"""Opening pages without a browser; every page that is opened is held against the rules of HTML."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urlsplit

from django.test import Client
from lxml import html

from firmtrack.accounts.models import User

_VOID = frozenset(("br", "hr", "img", "input", "link", "meta", "wbr"))


_THIS_YEAR = re.compile(r"(, sent \d+ [A-Z][a-z]+) \d{4}:")


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was answered."""

    status: int
    address: str
    root: html.HtmlElement
    text: str
    headers: dict[str, str]

    @property
    def title(self) -> str:
        """The title, without the product's name."""
        return self.one("title").removesuffix(" – Firmtrack")

    @property
    def heading(self) -> str:
        """The one h1."""
        return self.one("h1")

    def all(self, selector: str) -> list[str]:
        """Return the texts of all elements that the CSS selector finds, in order."""
        return [plain(each) for each in self.elements(selector)]

    def titles(self) -> list[str]:
        """Return the headings of its sections, without the year that only other years have."""
        return [_THIS_YEAR.sub(r"\1:", each) for each in self.all("h2")]

    def one(self, selector: str) -> str:
        """Return the text of the one element that the CSS selector finds."""
        (found,) = self.all(selector)
        return found

    def elements(self, selector: str) -> list[html.HtmlElement]:
        """Return the elements that the CSS selector finds, in order."""
        return list(self.root.xpath(_xpath(selector)))

    def links(self) -> dict[str, str]:
        """Return the address of each link in the page's main part, by its text."""
        return {plain(link): link.get("href", "") for link in self.elements("main a")}

    def facts(self) -> dict[str, str]:
        """Return what the summary lists say, the first of each name."""
        pairs = list(zip(self.all("dt"), self.all("dd"), strict=True))
        return dict(reversed(pairs))

    def rows(self) -> list[list[str]]:
        """Return the cells of the first table's body."""
        return [
            [plain(cell) for cell in row.xpath("./th | ./td")]
            for row in self.elements("table")[0].xpath(".//tbody/tr")
        ]


@dataclass(frozen=True, slots=True)
class Browsing:
    """Somebody opening pages one after the other."""

    client: Client

    @classmethod
    def signed_in(cls, user: User) -> Self:
        """Return somebody who has signed in as ``user``."""
        browsing = cls.of_nobody()
        browsing.client.force_login(user)
        return browsing

    @classmethod
    def of_nobody(cls) -> Self:
        """Return somebody who has not signed in."""
        return cls(Client(SERVER_NAME="localhost"))

    def open(self, address: str, query: dict[str, str] | None = None) -> Page:
        """Return the page at ``address``, redirects followed, checked."""
        return page_of(self.client.get(address, query or {}, follow=True), address)

    def get(self, address: str, query: dict[str, str] | None = None) -> Any:
        """Return the bare response at ``address``, redirects not followed."""
        return self.client.get(address, query or {})

    def post(self, address: str, sent: dict[str, str]) -> Any:
        """Return the bare response to a form, redirects not followed."""
        return self.client.post(address, sent)


def page_of(response: Any, address: str) -> Page:
    """Return a response as a page that obeys the rules that all pages obey."""
    chain = getattr(response, "redirect_chain", [])
    text = response.content.decode()
    page = Page(
        status=response.status_code,
        address=chain[-1][0] if chain else address,
        root=html.document_fromstring(text.replace("<br>", "<br> ")),  # a new line is a gap
        text=text,
        headers=dict(response.items()),
    )
    check(page)
    return page


def check(page: Page) -> None:
    """Fail if the page breaks a rule that holds for every page."""
    _Balance(page.text)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.root.get("lang") == "en"
    assert page.title
    assert page.heading
    ids = page.root.xpath("//@id")
    assert len(ids) == len(set(ids)), f"an ID twice: {sorted(ids)}"
    for attribute in ("for", "aria-labelledby", "aria-describedby"):
        for named in page.root.xpath(f"//@{attribute}"):
            assert set(named.split()) <= set(ids), f"{attribute}={named} names nothing"
    for control in page.root.xpath("//input[@type!='hidden' and @type!='submit'] | //select"):
        assert page.root.xpath("//label[@for=$id]", id=control.get("id")), "a control has no label"
    for table in page.elements("table"):
        region = table.getparent()
        assert region.get("role") == "region"
        assert region.get("tabindex") == "0"
        assert region.get("aria-label")
        assert table.xpath("./caption")
    assert not page.root.xpath("//@style | //style | //script[not(@src)]"), "CSP forbids it"
    assert not page.root.xpath("//@*[starts-with(name(), 'on')]"), "CSP forbids it"
    for moment in page.root.xpath("//time"):
        # A day alone is of what another party was told.
        written = moment.get("datetime")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?", written)
        assert re.fullmatch(r"\d{1,2} [A-Z][a-z]+ \d{4}(, \d\d:\d\d (GMT|BST))?", plain(moment))
    here = page.root.xpath("//a/@href[starts-with(., '#')]")
    assert {urlsplit(href).fragment for href in here} <= set(ids), f"a link leads nowhere: {here}"


def plain(element: html.HtmlElement) -> str:
    """Return an element's text with white space as people see it."""
    return " ".join(element.text_content().split())


def content_of(response: Any) -> bytes:
    """Return a whole streamed response."""
    try:
        return b"".join(response.streaming_content)
    finally:
        response.close()


def _xpath(selector: str) -> str:
    """Return the XPath of a selector made of names, ``.classes`` and ``#ids``."""
    path = ""
    for step in selector.split():
        name, *marks = re.split(r"(?=[.#])", step)
        tests = "".join(
            f"[@id='{mark[1:]}']"
            if mark[0] == "#"
            else f"[contains(concat(' ', @class, ' '), ' {mark[1:]} ')]"
            for mark in marks
        )
        path += f"//{name or '*'}{tests}"
    return path


class _Balance(HTMLParser):
    """Fails unless every element that is opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        assert text.startswith("<!DOCTYPE html>")
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice"
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()
