"""Checks a document's signature: exactly the one form that DUIS signatures have, then the key.

The form is checked first and whole, because the library under it opens a reference's URI, takes
weaker algorithms and searches for elements. Source: XML Signature, clauses 3.2 and 4.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

import xmlsec
from lxml import etree

from firmtrack.domain.identifiers import Eui64
from firmtrack.duis import vocabulary
from firmtrack.duis.rejections import (
    SignatureBad,
    SignatureShape,
    SignerNotValid,
)
from firmtrack.duis.trust import TrustStore
from firmtrack.duis.vocabulary import DS

# An element's name, attributes (one at most, so they have no order) and children.
_Shape = tuple[str, list[tuple[str, str]], tuple["_Shape", ...]]


def _shape(name: str, *children: _Shape, **attributes: str) -> _Shape:
    return DS + name, list(attributes.items()), children


_SIGNATURE = _shape(
    "Signature",
    _shape(
        "SignedInfo",
        _shape("CanonicalizationMethod", Algorithm=vocabulary.EXCLUSIVE_C14N),
        _shape("SignatureMethod", Algorithm=vocabulary.ECDSA_SHA256),
        _shape(
            "Reference",
            _shape("Transforms", _shape("Transform", Algorithm=vocabulary.ENVELOPED_SIGNATURE)),
            _shape("DigestMethod", Algorithm=vocabulary.SHA256),
            _shape("DigestValue"),
            URI="",
        ),
    ),
    _shape("SignatureValue"),
    _shape(
        "KeyInfo",
        _shape(
            "X509Data",
            _shape("X509IssuerSerial", _shape("X509IssuerName"), _shape("X509SerialNumber")),
        ),
    ),
)


def _in_order(shape: _Shape) -> Iterator[tuple[str, list[tuple[str, str]], int]]:
    """Yield name, attributes and number of children of each element, in document order."""
    name, attributes, children = shape
    yield name, attributes, len(children)
    for child in children:
        yield from _in_order(child)


_SIGNATURE_IN_ORDER = tuple(_in_order(_SIGNATURE))
_SERIAL_NUMBER = re.compile(r"[0-9]{1,50}", re.ASCII)


def verify(signature: etree._Element, trust: TrustStore, now: datetime | None) -> Eui64:
    """Return the EUI-64 of the party that signed the document which ``signature`` closes.

    ``signature`` is the last child of the root, whose only signature it is. ``now`` is needed if
    ``trust`` checks validity.
    Raises SignatureShape, SignerUnknown, SignerNotValid, SignatureBad.
    """
    _check_shape(signature)
    issuer_serial = signature[2][0][0]
    issuer_name = issuer_serial[0].text or ""
    serial_number = (issuer_serial[1].text or "").strip(vocabulary.XML_SPACE)
    if _SERIAL_NUMBER.fullmatch(serial_number) is None:
        raise SignatureShape("X509SerialNumber is not a number.")
    signer = trust.find(issuer_name, int(serial_number))
    if trust.checks_validity:
        if now is None:
            raise ValueError("a trust store that checks validity needs to know the time")
        if not signer.is_valid_at(now):
            raise SignerNotValid(f"From {signer.valid_from} to {signer.valid_to}.")
    context = xmlsec.SignatureContext()
    context.key = _key_of(signer.public_key)
    try:
        context.verify(signature)
    except xmlsec.Error:
        raise SignatureBad(f"It names {signer.eui}.") from None
    return signer.eui


def _check_shape(signature: etree._Element) -> None:
    # As long as each has as many children as it should, what follows next is what should.
    for element, (name, attributes, child_count) in zip(
        signature.iter(), _SIGNATURE_IN_ORDER, strict=True
    ):
        # The tag of a processing instruction is a function: it equals no name.
        if element.tag != name:
            raise SignatureShape(f"Something stands where {name[len(DS) :]} should.")
        if element.items() != attributes:
            raise SignatureShape(f"{name[len(DS) :]} has other attributes than it should.")
        if len(element) != child_count:
            raise SignatureShape(f"{name[len(DS) :]} does not hold what it should.")


@lru_cache(maxsize=4096)
def _key_of(public_key: bytes) -> xmlsec.Key:
    return xmlsec.Key.from_memory(public_key, xmlsec.constants.KeyDataFormatPem)
