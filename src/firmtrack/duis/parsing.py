"""Octets to an XML tree, bounded before they cost anything.

Nothing outside the octets is ever read: no DTD, no entities, no network. What the bounds are
against is measured: three million empty elements in 12 MB would cost 366 MB.
"""

import codecs
import re

from lxml import etree

from firmtrack.duis.rejections import (
    BadEncoding,
    HasDtd,
    NotXml,
    TooDeep,
    TooLarge,
    TooManyAttributes,
    TooManyElements,
)
from firmtrack.duis.vocabulary import SR

# A legal Update Firmware request has at most 13.7 MB of base64 and 1.2 MB of device IDs.
UPDATE_FIRMWARE_MAX_BYTES = 16 * 1024 * 1024
# Everything else. An answer may name all 50,000 devices of a request (1.2 MB): the bound lies
# above that, and below libxml2's own limit for one text, which then need not be lifted.
ORDINARY_MAX_BYTES = 2 * 1024 * 1024
# An inventory of 17 devices has some 800 tags and 40 attributes at most.
MAX_TAGS = 20_000
MAX_ATTRIBUTES = 20_000
# Canonical XML is made by comparing an element's attributes with each other, and each with the
# namespaces in scope: 18,000 on one element took 0.4 s, four times as many sixteen times as long.
# DUIS has one attribute on an element, and declares four namespaces.
MAX_ATTRIBUTES_OF_ELEMENT = 64
MAX_NAMESPACES_IN_SCOPE = 64
# libxml2's own bound without huge_tree.
MAX_DEPTH = 256

_UPDATE_PATHS = (
    ["Request", "Body", "UpdateFirmware"],
    ["Request", "Body", "UpdatePPMIDFirmware"],
)
_DECLARED_ENCODING = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"'>]*)")
_CHUNK_BYTES = 65_536


def _parser(*, huge_tree: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        # A comment is not signed and would cut a text in two.
        remove_comments=True,
        recover=False,
        huge_tree=huge_tree,
    )


# Parsers are shared: lxml locks one while it parses.
_ORDINARY_PARSER = _parser(huge_tree=False)
_LARGE_PARSER = _parser(huge_tree=True)


def parse(body: bytes) -> etree._Element:
    """Return the root of the XML document that ``body`` is; without comments, CDATA as text.

    Raises TooLarge, BadEncoding, HasDtd, TooManyElements, TooManyAttributes, TooDeep, NotXml.
    """
    is_large = len(body) > ORDINARY_MAX_BYTES
    if len(body) > UPDATE_FIRMWARE_MAX_BYTES:
        raise TooLarge(f"It has {len(body)} octets, over {UPDATE_FIRMWARE_MAX_BYTES}.")
    _check_encoding(body)
    # Octets say it all, since only UTF-8 comes this far. Text cannot hold a bare "<".
    if b"<!DOCTYPE" in body:
        raise HasDtd("It has a DOCTYPE.")
    if len(body) > min(MAX_TAGS, MAX_ATTRIBUTES):
        _check_counts(body)
    try:
        root = etree.fromstring(body, _LARGE_PARSER if is_large else _ORDINARY_PARSER)
    except etree.XMLSyntaxError as error:
        raise _rejection_of(error) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise HasDtd("It has a DOCTYPE.")
    # Each attribute and each declaration is written with an equals sign, so most have too few.
    if body.count(b"=") > min(MAX_ATTRIBUTES_OF_ELEMENT, MAX_NAMESPACES_IN_SCOPE):
        _check_attributes(root)
    if is_large:
        _check_large(root, len(body))
    return root


def _check_counts(body: bytes) -> None:
    if body.count(b"<") > MAX_TAGS:
        raise TooManyElements(f"It has over {MAX_TAGS} tags.")
    if body.count(b"=") > MAX_ATTRIBUTES:
        raise TooManyElements(f"It has over {MAX_ATTRIBUTES} attributes.")


def _check_attributes(root: etree._Element) -> None:
    in_scope = 0
    for event, found in etree.iterwalk(root, events=("start-ns", "end-ns", "start")):
        if event == "start-ns":
            in_scope += 1
            if in_scope > MAX_NAMESPACES_IN_SCOPE:
                raise TooManyAttributes(f"Over {MAX_NAMESPACES_IN_SCOPE} namespaces in scope.")
        elif event == "end-ns":
            in_scope -= 1
        elif len(found.attrib) > MAX_ATTRIBUTES_OF_ELEMENT:
            raise TooManyAttributes(f"Over {MAX_ATTRIBUTES_OF_ELEMENT} on one element.")


def _check_encoding(body: bytes) -> None:
    if b"\0" in body:
        raise BadEncoding("It holds zero octets, as UTF-16 does.")
    declared = _DECLARED_ENCODING.match(body)
    if declared is not None and declared[1].lower() != b"utf-8":
        raise BadEncoding(f"It declares the encoding {declared[1][:32]!r}.")
    if body.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(body)
    try:
        for position in range(0, len(view), _CHUNK_BYTES):
            decoder.decode(view[position : position + _CHUNK_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise BadEncoding(f"Not UTF-8: {error.reason}.") from None


def _rejection_of(error: etree.XMLSyntaxError) -> NotXml | TooDeep:
    # libxml2 writes whole values into its texts: only the start is ever shown.
    text = (error.msg or "no text")[:120]
    if "xcessive depth" in text:
        return TooDeep(f"Over {MAX_DEPTH} levels.")
    return NotXml(text)


def _check_large(root: etree._Element, size_bytes: int) -> None:
    """Refuse a large document that is no Update Firmware request, or is too deep."""
    body = root.find(f"{SR}Body")
    if body is None or not any(
        [root.tag, body.tag, child.tag] == [SR + name for name in path]
        for child in body
        for path in _UPDATE_PATHS
    ):
        raise TooLarge(f"It has {size_bytes} octets, over {ORDINARY_MAX_BYTES}.")
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise TooDeep(f"Over {MAX_DEPTH} levels.")
