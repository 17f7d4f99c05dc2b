"""What a DUIS document carries beside the facts: its header's IDs, its GBCS message, its looks."""

from typing import NamedTuple

from lxml import etree

from firmtrack.domain.identifiers import RequestId, ResponseId
from firmtrack.duis.envelope import open_envelope
from firmtrack.duis.parsing import parse
from firmtrack.duis.printed import Printed, printed
from firmtrack.duis.values import read_base64
from firmtrack.duis.vocabulary import SR
from firmtrack.gbcs.description import GbcsDescription, describe

_PAYLOAD = f"{SR}GBCSPayload"


class Carried(NamedTuple):
    """The IDs and the Service Reference Variant that the header has, each None if it has none.

    ``gbcs`` is the GBCS message in it, None without one.
    """

    request_id: RequestId | None
    response_id: ResponseId | None
    service: str | None
    gbcs: GbcsDescription | None
    printed: Printed


def read_carried(body: bytes) -> Carried:
    """Return what a sr:Request or sr:Response carries. Raises DuisRejected."""
    root = parse(body)
    header = open_envelope(body, root, None).header
    return Carried(
        request_id=header.optional_request_id("RequestID"),
        response_id=header.optional_response_id("ResponseID"),
        service=header.text("ServiceReferenceVariant")
        if "ServiceReferenceVariant" in header
        else None,
        gbcs=_gbcs(root),
        printed=printed(root),
    )


def _gbcs(root: etree._Element) -> GbcsDescription | None:
    payload = next(root.iter(_PAYLOAD), None)
    if payload is None:
        return None
    try:
        return describe(read_base64(payload.text or ""))
    except ValueError as error:
        return GbcsDescription(problem=str(error))
