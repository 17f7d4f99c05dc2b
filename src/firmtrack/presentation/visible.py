"""Characters that nobody sees, shown: what a message says must not change how its reader sees it.

A control character moves a terminal's cursor, a bidirectional one turns the text behind it round, a
zero-width one makes two names look the same. Whatever writes text for people passes it through here
last: a page, a line of a terminal, a cell of a CSV, a mail. JSON keeps the exact value, encoded.
"""

import re

# C0 but for tab, line feed and carriage return, and C1; soft hyphens; marks and embeddings of
# direction, joiners, spaces and separators without width; lone surrogates; annotations and tags.
_UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff"
)
_IN_TEXT = re.compile(f"[{_UNSEEN}]|\r(?!\n)")
_IN_LINE = re.compile(f"[{_UNSEEN}\t\n\r]")
_IN_CSV = re.compile(f"[{_UNSEEN}]")


def visible(text: str) -> str:
    """Return a text of any number of lines with each character that is not seen as ``‹U+202E›``."""
    return text if text.isprintable() else _IN_TEXT.sub(_written, text)


def visible_line(text: str) -> str:
    """Return a text as ``visible`` does, with its tabs and line ends as well: it stays one line."""
    return text if text.isprintable() else _IN_LINE.sub(_written, text)


def visible_csv(block: bytes) -> bytes:
    """Return whole rows of CSV in UTF-8 as ``visible`` does; line ends stay where they are."""
    text = block.decode()
    shown = _IN_CSV.sub(_written, text)
    return block if shown == text else shown.encode()


def _written(unseen: re.Match[str]) -> str:
    return f"‹U+{ord(unseen[0]):04X}›"
