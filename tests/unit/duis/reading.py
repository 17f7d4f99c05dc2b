"""Reads documents as they are written, and as they are not."""

from datetime import datetime

from lxml import etree

from firmtrack.domain.facts import ActivationEvent, Message
from firmtrack.duis import documents as d
from firmtrack.duis.reader import NotAboutFirmware, read
from firmtrack.duis.vocabulary import DUIS_NAMESPACE
from firmtrack.duis.writer import write
from tests.unit.duis.samples import DCC, NOW


def answer(
    document: d.Document | bytes, received_at: datetime | None = NOW
) -> Message | NotAboutFirmware:
    """Return what the document says, if anything."""
    body = document if isinstance(document, bytes) else write(document)
    return read(body, dcc_ids=frozenset({DCC}), received_at=received_at)


def message(document: d.Document | bytes, received_at: datetime | None = NOW) -> Message:
    """Return what the document says; it must say something."""
    told = answer(document, received_at)
    assert isinstance(told, Message)
    return told


def taken_out(document: d.Document, element: str) -> bytes:
    """Return the document without the first element of that name."""
    root = etree.fromstring(write(document))
    found = next(root.iter(f"{{{DUIS_NAMESPACE}}}{element}"))
    parent = found.getparent()
    assert parent is not None
    parent.remove(found)
    return etree.tostring(root)


def with_text(document: d.Document, element: str, text: str) -> bytes:
    """Return the document with another text in the first element of that name."""
    root = etree.fromstring(write(document))
    next(root.iter(f"{{{DUIS_NAMESPACE}}}{element}")).text = text
    return etree.tostring(root)


def activation_event(document: d.Document | bytes) -> ActivationEvent:
    """Return what the document says of an activation; it must say something."""
    activation = message(document).activation
    assert activation is not None
    return activation
