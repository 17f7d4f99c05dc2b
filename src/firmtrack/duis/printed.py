"""A DUIS document set out for people: an element a line, long texts cut, the rest as it came."""

from typing import NamedTuple

from lxml import etree

_INDENT = "  "
_LONGEST_TEXT = 1_200
_VALUES_SHOWN = 20


class Printed(NamedTuple):
    """The text, and whether nothing was cut."""

    text: str
    is_whole: bool


def printed(root: etree._Element) -> Printed:
    """Return the document with an element a line; changes the tree.

    A list of more than some values, such as that of a request's devices, is cut to its first, and
    says how many more there are; so is any other long text.
    """
    is_whole = True
    for element in root.iter():
        text = element.text
        if text is not None and len(text) > _LONGEST_TEXT:
            element.text = _cut(text)
            is_whole = False
    etree.indent(root, space=_INDENT)
    return Printed(etree.tostring(root, encoding="unicode"), is_whole)


def _cut(text: str) -> str:
    values = text.split(",")
    if len(values) > _VALUES_SHOWN:
        more = len(values) - _VALUES_SHOWN
        return f"{','.join(values[:_VALUES_SHOWN])} … and {more:,} more of {len(values):,}"
    return f"{text[:_LONGEST_TEXT]} … and {len(text) - _LONGEST_TEXT:,} more characters"
