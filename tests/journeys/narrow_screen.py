"""How wide a page is on a narrow screen, in the font that comes with it and in a far wider one."""

from dataclasses import dataclass

from playwright.sync_api import Page

from tests.journeys.fonts import await_fonts

WIDTH = 320
"""In CSS pixels, and so a screen of 1280 magnified to 400% as well (WCAG 2.2, 1.4.10)."""

# A line gets longer by more than a half. In DejaVu Sans, among the widest fonts that systems have,
# and with letters as far apart as a reader may want (WCAG 2.2, 1.4.12), it does so by a quarter.
_WIDER = "* { letter-spacing: 0.25em !important; word-spacing: 0.16em !important; }"
# A style sheet that a script adds is none of the page's own, which its policy would forbid.
_STRETCH = """css => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets.push(sheet);
}"""
_RESTORE = "() => { document.adoptedStyleSheets = []; }"
_LOOK = """width => {
    const found = [];
    const scrolls = element => getComputedStyle(element).overflowX !== "visible";
    const isWithinAScroller = element => {
        for (let each = element; each !== document.body; each = each.parentElement)
            if (scrolls(each)) return true;
        return false;
    };
    const reachOfText = text => {
        const range = document.createRange();
        range.selectNodeContents(text);
        return range.getBoundingClientRect().right;
    };
    for (const element of document.body.querySelectorAll("*")) {
        const texts = [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE);
        const reach = Math.max(
            element.getBoundingClientRect().right, ...texts.map(reachOfText));
        if (reach > width + 0.5 && !isWithinAScroller(element))
            found.push(`${Math.ceil(reach)} px: ${element.cloneNode(false).outerHTML}`
                + ` ${element.textContent.trim().replace(/\\s+/g, " ").slice(0, 60)}`);
    }
    return {width: document.documentElement.scrollWidth, beyond: found};
}"""


@dataclass(frozen=True, slots=True)
class Extent:
    """How wide a page is in CSS pixels, and which of its elements reach beyond the screen."""

    width: int
    beyond: list[str]


def assert_fits(page: Page) -> None:
    """Fail if the page scrolls sideways, in its own font or in a wider one; leave it narrow."""
    page.set_viewport_size({"width": WIDTH, "height": 700})
    await_fonts(page)
    extents = {"in its own font": _extent(page)}
    page.evaluate(_STRETCH, _WIDER)
    extents["in a wider font"] = _extent(page)
    page.evaluate(_RESTORE)
    for font, extent in extents.items():
        assert extent.width <= WIDTH, "\n".join(
            [f"{page.url} is {extent.width} px wide {font}:", *extent.beyond]
        )


def _extent(page: Page) -> Extent:
    found = page.evaluate(_LOOK, WIDTH)
    return Extent(found["width"], found["beyond"])
