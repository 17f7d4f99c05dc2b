"""The fonts that the browser really draws a page with, by its own word."""

from playwright.sync_api import Page

_ARE_LOADED = "() => document.fonts.ready.then(() => true)"


def await_fonts(page: Page) -> None:
    """Return when the page is drawn with the fonts that it loads."""
    page.evaluate(_ARE_LOADED)


def fonts_of_the_machine(page: Page) -> set[str]:
    """Return the fonts of the page that did not come with it."""
    await_fonts(page)
    inspector = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        inspector.send(f"{domain}.enable")
    document = inspector.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    every = {"nodeId": document, "selector": "body, body *"}
    used = [
        font
        for node in inspector.send("DOM.querySelectorAll", every)["nodeIds"]
        for font in inspector.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    ]
    inspector.detach()
    assert used, "the page is drawn with no font at all"
    return {font["familyName"] for font in used if not font["isCustomFont"]}
