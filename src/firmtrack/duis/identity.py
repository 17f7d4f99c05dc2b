"""A message's identity, and the octets that are kept of it."""

import re
from hashlib import sha256
from typing import IO, cast
from xml.parsers import expat

from lxml import etree

from firmtrack.duis.parsing import ORDINARY_MAX_BYTES
from firmtrack.duis.rejections import NotXml
from firmtrack.duis.vocabulary import DUIS_NAMESPACE

# A start tag, its attributes' values skipped: they may hold ">".
_START_TAG = re.compile(rb"<[^\s/>]++(?:\s++[^\s=>]++\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'))*+\s*+>")
_FIRMWARE_IMAGE = f"{DUIS_NAMESPACE} FirmwareImage"
# Request, Body, Update…Firmware, FirmwareImage.
_FIRMWARE_IMAGE_DEPTH = 4


class _HashingFile:
    """Takes octets as a file does and only hashes them."""

    def __init__(self) -> None:
        self.hash = sha256()

    def write(self, octets: bytes) -> int:
        """Hash ``octets``."""
        self.hash.update(octets)
        return len(octets)


def digest_of(root: etree._Element, signature: etree._Element | None, *, size_bytes: int) -> bytes:
    """Return the SHA-256, 32 octets, of the exclusive canonical form without the signature.

    Takes ``signature`` out of the tree. ``size_bytes`` is the size of the whole document.
    Raises NotXml if there is no canonical form.
    """
    if signature is not None:
        _detach(signature)
    tree = root.getroottree()
    try:
        if size_bytes <= ORDINARY_MAX_BYTES:
            canonical = etree.tostring(tree, method="c14n", exclusive=True, with_comments=False)
            return sha256(canonical).digest()
        # A large document is hashed as it is written, so that its canonical form is never held.
        file = _HashingFile()
        tree.write(cast("IO[bytes]", file), method="c14n", exclusive=True, with_comments=False)
    except etree.C14NError:
        # Canonical XML, clause 1.3: a relative namespace URI is one such reason.
        raise NotXml("It has no canonical form.") from None
    return file.hash.digest()


def without_firmware_image(body: bytes) -> bytes:
    """Return the octets of a well-formed Update Firmware request without its FirmwareImage's text.

    The element itself stays, and every other octet. Raises NotXml if the standard library's
    parser is stricter than the one that read the document before.
    """
    start, end = _firmware_image_span(body)
    tag = _START_TAG.match(body, start)
    # An empty-element tag has no end tag of its own and nothing to take out.
    if tag is None or tag.end() > end:
        return body
    view = memoryview(body)
    return b"".join((view[: tag.end()], view[end:]))


def _firmware_image_span(body: bytes) -> tuple[int, int]:
    """Return where the image's start tag and end tag begin, by its place, not by its looks.

    A comment or another element may hold something that looks like it.
    """
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    depth = 0
    span = [len(body), len(body)]

    def start(name: str, _: object) -> None:
        nonlocal depth
        depth += 1
        if depth == _FIRMWARE_IMAGE_DEPTH and name == _FIRMWARE_IMAGE:
            span[0] = parser.CurrentByteIndex

    def end(name: str) -> None:
        nonlocal depth
        if depth == _FIRMWARE_IMAGE_DEPTH and name == _FIRMWARE_IMAGE:
            span[1] = parser.CurrentByteIndex
        depth -= 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(body, True)  # noqa: FBT003 - the standard library takes it by position alone
    except expat.ExpatError as error:
        raise NotXml(f"{error}.") from None
    return span[0], span[1]


def _detach(element: etree._Element) -> None:
    """Take ``element`` out of its tree and leave the text behind it where it is."""
    parent, tail = element.getparent(), element.tail
    assert parent is not None
    if tail:
        previous = element.getprevious()
        if previous is None:
            parent.text = (parent.text or "") + tail
        else:
            previous.tail = (previous.tail or "") + tail
    parent.remove(element)
