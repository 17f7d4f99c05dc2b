"""Hostile octets are refused, each for its own reason, without cost."""

import resource
import time

import pytest
from lxml import etree

from firmtrack.domain.facts import Message
from firmtrack.duis import elements
from firmtrack.duis.documents import Document
from firmtrack.duis.elements import Children
from firmtrack.duis.parsing import (
    MAX_ATTRIBUTES_OF_ELEMENT,
    MAX_DEPTH,
    MAX_NAMESPACES_IN_SCOPE,
    ORDINARY_MAX_BYTES,
    parse,
)
from firmtrack.duis.reader import read
from firmtrack.duis.rejections import (
    BadEncoding,
    DuisRejected,
    HasDtd,
    MissingElement,
    NotXml,
    TooDeep,
    TooLarge,
    TooManyAttributes,
    TooManyElements,
    UnexpectedElement,
)
from firmtrack.duis.vocabulary import DUIS_NAMESPACE
from firmtrack.duis.writer import write
from tests.unit.duis.conftest import Read, Sign
from tests.unit.duis.every_sample import EVERYTHING
from tests.unit.duis.samples import (
    DCC,
    METER,
    NOW,
    OTHER_METER,
    RECORDED,
    update_firmware,
    update_firmware_response,
)

_PLAIN = write(update_firmware_response())
_REQUEST = write(update_firmware())


def _read(body: bytes) -> object:
    return read(body, dcc_ids=frozenset({DCC}), received_at=NOW)


def _devices(message: object) -> object:
    assert isinstance(message, Message)
    assert message.request is not None
    return message.request.device_ids


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"garbage",
        b"<",
        b"<a>",
        b"<a></b>",
        _PLAIN[:-1],
        _PLAIN + _PLAIN,
        _PLAIN + b"x",
        b"x" + _PLAIN,
        _PLAIN.replace(b":77<", b":77&undefined;<"),
        _PLAIN.replace(b":77<", b":77&#0;<"),
        _PLAIN.replace(b":77<", b":77\x01<"),
        _PLAIN.replace(b"<sr:Header>", b"<undeclared:Header>"),
        _PLAIN.replace(b" schemaVersion", b' schemaVersion="5.4" schemaVersion'),
        b"\x1f\x8b\x08\x00" + b"A" * 20,
    ],
)
def test_what_is_not_well_formed_is_refused(body: bytes) -> None:
    with pytest.raises((NotXml, BadEncoding)):
        _read(body)


@pytest.mark.parametrize(
    "body",
    [
        _PLAIN.decode().encode("utf-16"),
        _PLAIN.decode().encode("utf-16-le"),
        _PLAIN.decode().encode("utf-16-be"),
        _PLAIN.decode().encode("utf-32"),
        ('<?xml version="1.0" encoding="UTF-16"?>' + _PLAIN.decode()).encode("utf-16"),
        b'<?xml version="1.0" encoding="UTF-16"?>' + _PLAIN,
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + _PLAIN,
        b"<?xml version='1.0'\n encoding = 'latin-1' ?>" + _PLAIN,
        b'<?xml version="1.0" encoding="UTF-7"?>' + _PLAIN,
        b'<?xml version="1.0" encoding=""?>' + _PLAIN,
        b'<?xml version="1.0"' + b" " * 100_000 + b'encoding="UTF-16"?>' + _PLAIN,
        _PLAIN.replace(b":77<", b":77\xe9<"),
        _PLAIN.replace(b":77<", b":77\xc3<"),
        _PLAIN.replace(b":77<", b":77\xed\xa0\x80<"),
        _PLAIN.replace(b":77<", b":77\xc0\xbc<"),
        _PLAIN + b"\xe2\x82",
        _PLAIN.replace(b":77<", b":77\x00<"),
        b"\xff\xfe",
    ],
)
def test_whatever_is_not_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(BadEncoding):
        _read(body)


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + _PLAIN,
        b'<?xml version="1.0" encoding="UTF-8"?>\n' + _PLAIN,
        b"<?xml version='1.0' encoding='utf-8' standalone='yes'?>" + _PLAIN,
        b"\xef\xbb\xbf<?xml version='1.0' encoding='Utf-8'?>" + _PLAIN,
        b"<!-- before -->" + _PLAIN + b"<!-- after -->\n",
    ],
)
def test_utf_8_may_say_so_or_not(body: bytes) -> None:
    assert isinstance(_read(body), Message)


@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///dev/zero"> %p;]>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/evil.dtd">',
        '<!DOCTYPE a [<!ATTLIST a b CDATA "default">]>',
        "<!DOCTYPE a>",
    ],
)
def test_a_document_with_a_dtd_is_refused(dtd: str) -> None:
    with pytest.raises(HasDtd):
        _read(dtd.encode() + _PLAIN)


def test_a_dtd_in_another_encoding_does_not_slip_through() -> None:
    body = ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a>' + _PLAIN.decode()).encode(
        "utf-16"
    )
    with pytest.raises(BadEncoding):
        _read(body)


def test_deep_nesting_is_refused() -> None:
    depth = 5_000
    with pytest.raises(TooDeep):
        _read(b"<a>" * depth + b"</a>" * depth)


def test_deep_nesting_in_a_large_request_is_refused() -> None:
    nest = b"<x>" * MAX_DEPTH + b"</x>" * MAX_DEPTH
    body = write(update_firmware(bytes(ORDINARY_MAX_BYTES)))
    with pytest.raises(TooDeep):
        _read(body.replace(b"</sr:UpdateFirmware>", nest + b"</sr:UpdateFirmware>"))


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" + b"<b/>" * 3_000_000 + b"</a>",
        b"<a>" + b"<?p?>" * 1_000_000 + b"</a>",
        b"<a>" + b"<!---->" * 1_000_000 + b"</a>",
        b"<a>" + b"<![CDATA[]]>" * 500_000 + b"</a>",
        b"<a " + b" ".join(b'a%d=""' % i for i in range(500_000)) + b"/>",
        b"<a " + b" ".join(b'xmlns:a%d="u"' % i for i in range(100_000)) + b"/>",
    ],
    ids=["elements", "instructions", "comments", "CDATA", "attributes", "namespaces"],
)
def test_too_much_markup_is_refused_before_it_costs_memory(body: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooManyElements):
        _read(body)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8_192


def _many(number: int, pattern: str) -> str:
    return " ".join(pattern.format(each) for each in range(number))


_EMPTY = "a{0}=''"
_USED = "a{0}:x=''"
_DECLARED = "xmlns:a{0}='u:{0}'"
_BELOW = "xmlns:b{0}='u:{0}'"


@pytest.mark.parametrize(
    "body",
    [
        f"<r {_many(65, _EMPTY)}/>",
        f"<r {_many(65, _DECLARED)}/>",
        f"<r {_many(40, _DECLARED)}><e {_many(40, _BELOW)}/></r>",
        "".join(f'<e xmlns:a{depth}="u:{depth}">' for depth in range(65)) + "</e>" * 65,
        f"<r {_many(9_000, _DECLARED)} {_many(9_000, _USED)}/>",
        f"<r {_many(9_000, _DECLARED)}>" + "<e a1:x=''/>" * 9_000 + "</r>",
    ],
    ids=range(6),
)
def test_attributes_that_would_each_be_compared_with_all_others_are_refused(body: str) -> None:
    with pytest.raises(TooManyAttributes):
        _read(body.encode())


def test_many_elements_may_have_attributes_and_namespaces_of_their_own() -> None:
    # 15,000 of either, never many in one place.
    parse(b"<r>" + b"<e a=''/><b:e xmlns:b='u:b'/>" * 4_900 + b"</r>")
    parse(f"<r {_many(63, _EMPTY)} xmlns='u:1'><e {_many(60, _BELOW)}/></r>".encode())


@pytest.mark.parametrize("document", EVERYTHING.values(), ids=EVERYTHING)
def test_no_message_comes_near_the_bounds_of_attributes(document: Document) -> None:
    root = parse(write(document))
    assert max(len(element.attrib) for element in root.iter()) <= MAX_ATTRIBUTES_OF_ELEMENT / 8
    assert max(len(element.nsmap) for element in root.iter()) <= MAX_NAMESPACES_IN_SCOPE / 8


def test_a_text_of_20_mb_is_refused() -> None:
    with pytest.raises(TooLarge):
        _read(_PLAIN.replace(b":77<", b"7" * 20_000_000 + b"<"))


@pytest.mark.parametrize(
    "body",
    [
        _PLAIN.replace(b":77<", b":77" + b" " * 3_000_000 + b"<"),
        _PLAIN.replace(b"<sr:Body>", b"<sr:Body a='" + b"x" * 3_000_000 + b"'>"),
        b"<UpdateFirmware>" + b"x" * 3_000_000 + b"</UpdateFirmware>",
        write(update_firmware(bytes(3_000_000))).replace(b"UpdateFirmware>", b"ReadFirmware>"),
        write(update_firmware(bytes(3_000_000))).replace(b"sr:Request", b"sr:Response"),
    ],
    ids=["text", "attribute", "wrong root", "other request", "response"],
)
def test_only_an_update_firmware_request_may_be_large(body: bytes) -> None:
    with pytest.raises(TooLarge):
        _read(body)


def test_a_million_character_references_are_read_in_bounded_time() -> None:
    body = _PLAIN.replace(b":77<", b"&#55;" * 400_000 + b"<")
    start = time.process_time()
    with pytest.raises(DuisRejected):
        _read(body)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("is_signed", [False, True])
def test_a_comment_does_not_cut_the_device_list_short(
    is_signed: bool, sign: Sign, read_signed: Read
) -> None:
    body = sign(update_firmware()) if is_signed else _REQUEST
    commented = body.replace(b"A0,00-DB", b"A0<!-- the rest is silence -->,00-DB")
    assert commented != body
    message = read_signed(commented) if is_signed else _read(commented)
    assert _devices(message) == (METER, OTHER_METER)


@pytest.mark.parametrize("is_signed", [False, True])
def test_cdata_in_the_device_list_is_text(is_signed: bool, sign: Sign, read_signed: Read) -> None:
    body = sign(update_firmware()) if is_signed else _REQUEST
    wrapped = body.replace(b"A0,00-DB", b"A0<![CDATA[,]]>00-DB")
    assert wrapped != body
    message = read_signed(wrapped) if is_signed else _read(wrapped)
    assert _devices(message) == (METER, OTHER_METER)


@pytest.mark.parametrize("intruder", [b"<?cut?>", b"<sr:x/>", b"<x>,</x>"])
def test_whatever_else_stands_in_the_device_list_is_refused(intruder: bytes) -> None:
    with pytest.raises(UnexpectedElement):
        _read(_REQUEST.replace(b"A0,00-DB", b"A0" + intruder + b",00-DB"))


@pytest.mark.parametrize(
    "place", [b"<sr:Header>", b"<sr:Body>", b"<sr:UpdateFirmware>", b'schemaVersion="5.4">']
)
@pytest.mark.parametrize("intruder", [b"<?pi?>", b"<x/>", b"<x xmlns='urn:x'/>"])
def test_whatever_is_not_of_duis_is_refused_between_its_elements(
    place: bytes, intruder: bytes
) -> None:
    with pytest.raises(DuisRejected) as caught:
        _read(_REQUEST.replace(place, place + intruder))
    assert caught.value.code in {"unexpected_element", "missing_element"}


def test_a_second_body_is_refused() -> None:
    start, end = _REQUEST.index(b"<sr:Body>"), _REQUEST.index(b"</sr:Request>")
    with pytest.raises(UnexpectedElement):
        _read(_REQUEST[:end] + _REQUEST[start:end] + _REQUEST[end:])


def test_a_relative_namespace_has_no_canonical_form() -> None:
    with pytest.raises(NotXml):
        _read(_PLAIN.replace(b"<sr:Header>", b"<sr:Header xmlns:r='relative' r:a='b'>"))


def test_the_image_is_taken_out_by_its_place_and_not_by_its_looks() -> None:
    decoy = b"<!-- <sr:FirmwareImage>decoy</sr:FirmwareImage> --><?p <sr:FirmwareImage> ?>"
    body = _REQUEST.replace(b"<sr:FirmwareImage>", b"<sr:FirmwareImage a='>' b=\"/>\" >").replace(
        b'schemaVersion="5.4">', b'schemaVersion="5.4"><!-- <sr:FirmwareImage> -->'
    )
    message = _read(decoy + body)
    assert isinstance(message, Message)
    start = body.index(b'"/>" >') + 6
    end = body.index(b"</sr:FirmwareImage>")
    assert message.body == decoy + body[:start] + body[end:]


def test_an_empty_image_leaves_the_body_as_it_is() -> None:
    start = _REQUEST.index(b"<sr:FirmwareImage>")
    end = _REQUEST.index(b"<sr:FirmwareVersion>")
    body = _REQUEST[:start] + b"<sr:FirmwareImage/>" + _REQUEST[end:]
    message = _read(body)
    assert isinstance(message, Message)
    assert message.body == body


def test_details_are_bounded_and_printable() -> None:
    nasty = "<sr:ResponseCode>" + "\t\u202e" * 5_000 + "</sr:ResponseCode>"
    body = _PLAIN.replace(b"<sr:ResponseCode>I0</sr:ResponseCode>", nasty.encode())
    with pytest.raises(DuisRejected) as caught:
        _read(body)
    assert len(caught.value.detail) <= 200
    assert caught.value.detail.isprintable()
    with pytest.raises(NotXml) as cut:
        _read(b"<a b='" + b"x" * 100_000 + b"<'/>")
    assert len(str(cut.value)) < 300


def test_parsing_opens_nothing(tmp_path: object) -> None:
    body = f"<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='{tmp_path}'/></a>"
    root = parse(body.encode())
    assert root[0].tag == "{http://www.w3.org/2001/XInclude}include"


def test_the_next_document_is_read_after_every_attack() -> None:
    for body in (b"<a>" * 10_000, b"\xff", b"<!DOCTYPE a>", b"<a " + b"b=''" * 10):
        with pytest.raises(DuisRejected):
            _read(body)
        assert isinstance(_read(_PLAIN), Message)


def test_a_tree_has_neither_comments_nor_cdata() -> None:
    root = parse(b"<a>1<!-- 2 -->3<![CDATA[4]]>5</a>")
    assert root.text == "1345"
    assert etree.tostring(root, method="c14n") == b"<a>1345</a>"
    assert len(root) == 0


def test_every_namespace_is_that_of_duis() -> None:
    for document in RECORDED.values():
        root = parse(write(document))
        assert {etree.QName(element).namespace for element in root.iter()} == {DUIS_NAMESPACE}


def test_names_that_are_never_the_same_fill_no_memory() -> None:
    for number in range(3_000):
        with pytest.raises(MissingElement):
            Children(parse(f'<a xmlns="{DUIS_NAMESPACE}"><b{number}/></a>'.encode())).element("c")
    long = "b" * 40_000
    assert long in Children(parse(f'<a xmlns="{DUIS_NAMESPACE}"><{long}/></a>'.encode()))

    assert sum(map(len, elements._NAMES.values())) < 100_000
