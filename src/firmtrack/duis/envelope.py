"""What all documents have in common: root, header, body, signature; and the way to a Message."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from lxml import etree

from firmtrack.domain.facts import (
    ActivationEvent,
    AnswerFacts,
    DeviceFacts,
    Event,
    Incident,
    Message,
    MessageKind,
    Proposal,
    RequestFacts,
    RequestStep,
    SupplierChange,
    Verdict,
)
from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.elements import Children, only_child
from firmtrack.duis.identity import digest_of
from firmtrack.duis.rejections import (
    BadValue,
    MissingElement,
    SignatureShape,
    UnexpectedElement,
    UnknownSchemaVersion,
)
from firmtrack.duis.vocabulary import DS, SCHEMA_VERSIONS, SR

REQUEST = f"{SR}Request"
"""The root of a Service Request."""
RESPONSE = f"{SR}Response"
"""The root of a response or an alert."""

_FIRST = [f"{SR}Header", f"{SR}Body"]
_SIGNATURE = f"{DS}Signature"
_DECIMAL = re.compile(r"\s*[+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})\s*", re.ASCII)
_USUAL_VERSIONS = frozenset(map(str, SCHEMA_VERSIONS))


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAboutFirmware:
    """A well-formed DUIS document that says nothing about firmware or the inventory.

    ``kind`` is one of a few names, for counting.
    """

    kind: str


class Envelope(NamedTuple):
    """A sr:Request or sr:Response, opened but not read.

    ``content`` is the one child of its body. ``received_at`` is when DCC received it, if known.
    """

    octets: bytes
    root: etree._Element
    header: Children
    content: etree._Element
    signature: etree._Element | None
    received_at: datetime | None


def open_envelope(octets: bytes, root: etree._Element, received_at: datetime | None) -> Envelope:
    """Return the parts of a sr:Request or sr:Response, found by their places.

    Raises UnknownSchemaVersion, MissingElement, UnexpectedElement, SignatureShape.
    """
    check_schema_version(root)
    children = list(root)
    tags = [child.tag for child in children]
    if tags[:2] != _FIRST:
        raise MissingElement("Header and Body must be the first in the document.")
    signature_count = tags.count(_SIGNATURE)
    if signature_count > 1:
        raise SignatureShape("There is more than one.")
    if signature_count and tags[-1] != _SIGNATURE:
        raise SignatureShape("It is not the last in the document.")
    if len(tags) > 2 + signature_count:
        raise UnexpectedElement("Something stands between Body and the signature.")
    return Envelope(
        octets=octets,
        root=root,
        header=Children(children[0]),
        content=only_child(children[1]),
        signature=children[2] if signature_count else None,
        received_at=received_at,
    )


def check_schema_version(root: etree._Element) -> None:
    """Refuse a document whose schemaVersion is not equal, as a decimal, to one of 5.0 to 5.4.

    So 5.40 is 5.4, as xs:decimal says, and 5.35 is none. Raises UnknownSchemaVersion.
    """
    text = root.get("schemaVersion")
    if text in _USUAL_VERSIONS:
        return
    if text is None or not _DECIMAL.fullmatch(text) or Decimal(text) not in SCHEMA_VERSIONS:
        raise UnknownSchemaVersion("None." if text is None else repr(text[:32]))


def check_service(envelope: Envelope, variant: str) -> None:
    """Refuse a request whose header names another service than its body. Raises BadValue."""
    named = envelope.header.text("ServiceReferenceVariant")
    if named != variant:
        raise BadValue(f"ServiceReferenceVariant is {named[:16]!r}, the body is a {variant}.")


def user_of(envelope: Envelope) -> Eui64:
    """Return the User that a response or alert was sent to.

    Raises MissingElement if neither of the header's IDs is there to say so, and BadValue.
    """
    response_id = envelope.header.optional_response_id("ResponseID")
    if response_id is not None:
        return response_id.recipient
    if "RequestID" in envelope.header:
        return envelope.header.request_id("RequestID").originator
    raise MissingElement("ResponseID or RequestID in Header.")


def message(
    envelope: Envelope,
    kind: MessageKind,
    *,
    user_id: Eui64,
    occurred_at: datetime | None,
    code: str | None = None,
    body: bytes | None = None,
    request: RequestFacts | None = None,
    answer: AnswerFacts | None = None,
    steps: tuple[RequestStep, ...] = (),
    events: tuple[Event, ...] = (),
    devices: tuple[DeviceFacts, ...] = (),
    proposal: Proposal | None = None,
    verdict: Verdict | None = None,
    activation: ActivationEvent | None = None,
    supplier_change: SupplierChange | None = None,
    incidents: tuple[Incident, ...] = (),
) -> Message:
    """Return the Message that ``envelope`` is, with what was read in it; takes out its signature.

    ``body`` is what is kept of it, by default all its octets.
    """
    digest = digest_of(envelope.root, envelope.signature, size_bytes=len(envelope.octets))
    return Message(
        digest=digest,
        kind=kind,
        body=envelope.octets if body is None else body,
        user_id=user_id,
        # In a request's header the schema has none.
        response_id=None
        if envelope.root.tag == REQUEST
        else envelope.header.optional_response_id("ResponseID"),
        code=code,
        occurred_at=occurred_at,
        request=request,
        answer=answer,
        steps=steps,
        events=events,
        devices=devices,
        proposal=proposal,
        verdict=verdict,
        activation=activation,
        supplier_change=supplier_change,
        incidents=incidents,
    )
