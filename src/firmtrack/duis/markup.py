"""Writes single elements of DUIS documents in canonical form."""

from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime

from firmtrack.domain.identifiers import Eui64


def element(name: str, content: str) -> str:
    """Return an element that holds ``content``, which is markup."""
    return f"<sr:{name}>{content}</sr:{name}>"


def text_element(name: str, value: object | None) -> str:
    """Return an element that holds ``value`` as text, nothing for None."""
    if value is None:
        return ""
    text = str(value)
    # isalnum: what versions, codes and counters are made of needs no escaping.
    return element(name, text if text.isalnum() else _escaped(text))


def _escaped(text: str) -> str:
    for character, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#xD;")):
        text = text.replace(character, reference)
    return text


def time_element(name: str, value: datetime | None) -> str:
    """Return an element that holds ``value`` as an xs:dateTime in UTC, nothing for None."""
    if value is None:
        return ""
    return element(name, value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z")


def octets_element(name: str, value: bytes) -> str:
    """Return an element that holds ``value`` in base64."""
    return element(name, b64encode(value).decode())


def device_list_element(name: str, device_ids: Iterable[Eui64]) -> str:
    """Return an element that holds ``device_ids`` as a comma-separated list."""
    return element(name, ",".join(map(str, device_ids)))


def service_elements(reference: str, variant: str | None = None) -> str:
    """Return the two elements that name a service, the variant by default as its service."""
    return (
        f"<sr:ServiceReference>{reference}</sr:ServiceReference>"
        f"<sr:ServiceReferenceVariant>{variant or reference}</sr:ServiceReferenceVariant>"
    )
