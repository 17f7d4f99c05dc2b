"""The catalogue: every code, status, stage and outcome that Firmtrack knows, explained.

Made from the code tables and the stage table, so it has an entry for all that they hold.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from firmtrack.duis import codes
from firmtrack.duis.codes import Code
from firmtrack.gbcs.activation import ActivateImageResponse
from firmtrack.presentation import wording
from firmtrack.presentation.catalogue_codes import ADVICE, NOT_EXPLAINED
from firmtrack.presentation.catalogue_entry import Entry

# Services whose response codes have six digits, by what DUIS calls them; others go by number.
_FIRMWARE_SERVICES = ("11.1", "11.4")


@dataclass(frozen=True, slots=True)
class CodeGroup:
    """The codes of one kind, those whose meaning Firmtrack knows apart from the others."""

    slug: str
    title: str
    explained: tuple[Entry, ...]
    others: tuple[Entry, ...]


def service_of(code: str) -> str | None:
    """Return the Service Reference, such as ``"11.1"``, that a response code belongs to.

    None for a general response code, and for a code of another kind. Source: DUIS 5.4 schema,
    ``ResponseCode``: a code of six digits begins with its service's four.
    """
    if len(code) != 7 or code not in codes.RESPONSE_CODES:
        return None
    return f"{int(code[1:3])}.{int(code[3:5])}"


def _entry(row: Code) -> Entry:
    return Entry(
        code=row.code,
        name=row.code,
        meaning=row.meaning or f"{wording.NOT_KNOWN} {_belongs(row.code)}",
        written=_WRITTEN.get(row.code, row.code),
        advice=NOT_EXPLAINED if row.meaning is None else ADVICE[row.code],
        sureness=row.sureness,
        source=row.source,
    )


def _belongs(code: str) -> str:
    service = service_of(code)
    if service is not None:
        name = wording.SERVICE_NAMES.get(service)
        return f"It belongs to {name} ({service})." if name else f"It belongs to service {service}."
    if code in codes.RESPONSE_CODES:
        return "It is a general code: it can answer any Service Request."
    return "It is the code of a DCC Alert: read the alert’s body for what happened."


def kind_of(code: str) -> str:
    """Return what a code without a known meaning belongs to, as a heading."""
    service = service_of(code)
    if service is not None:
        name = wording.SERVICE_NAMES.get(service)
        return f"{name} ({service})" if name else f"Service {service}"
    if code in codes.RESPONSE_CODES:
        return "Answers to any Service Request"
    return "DCC Alerts, whose body says what happened"


def _writings() -> Iterator[tuple[str, str]]:
    """Yield each reason that Firmtrack names, with a way in which DCC writes it."""
    for row in codes.WARNING_LISTS:
        yield row.reason, row.element
    for value, reason in (*codes.TRANSFER_REASONS.items(), *codes.ACTIVATION_REASONS.items()):
        if reason is not None:
            yield reason, value.value
    for response in ActivateImageResponse:
        if response is not ActivateImageResponse.SUCCESS:
            yield response.name.lower(), f"activateImageResponseCode {response.value}"


_WRITTEN: dict[str, str] = {}
for _reason, _written in _writings():
    _WRITTEN[_reason] = f"{_WRITTEN[_reason]} or {_written}" if _reason in _WRITTEN else _written

CODES: Mapping[str, Entry] = {
    row.code: _entry(row)
    for table in (
        codes.REASON_CODES,
        codes.RESPONSE_CODES,
        codes.DCC_ALERT_CODES,
        codes.DEVICE_ALERT_CODES,
    )
    for row in table.values()
}


def _groups() -> Iterator[CodeGroup]:
    of_services = [code for code in codes.RESPONSE_CODES if service_of(code) is not None]
    firmware = [code for code in of_services if service_of(code) in _FIRMWARE_SERVICES]
    listed = {
        ("devices", "Reasons of single devices"): list(_WRITTEN),
        ("firmware-requests", "DCC’s answers to Update Firmware requests"): firmware,
        ("general", "General answers of DCC"): [
            code for code in codes.RESPONSE_CODES if service_of(code) is None
        ],
        ("dcc-alerts", "DCC Alerts"): list(codes.DCC_ALERT_CODES),
        ("device-alerts", "Device Alerts"): list(codes.DEVICE_ALERT_CODES),
        ("other-services", "DCC’s answers to other services"): [
            code for code in of_services if code not in firmware
        ],
    }
    for (slug, title), members in listed.items():
        entries = [CODES[code] for code in members]
        yield CodeGroup(
            slug,
            title,
            tuple(each for each in entries if each.advice is not NOT_EXPLAINED),
            tuple(each for each in entries if each.advice is NOT_EXPLAINED),
        )


CODE_GROUPS = tuple(_groups())

NOT_EXPLAINED_BY_KIND: tuple[tuple[str, tuple[Entry, ...]], ...] = tuple(
    (kind, tuple(entries))
    for kind, entries in groupby(
        (entry for group in CODE_GROUPS for entry in group.others),
        key=lambda entry: kind_of(entry.code),
    )
)
"""The codes whose meaning Firmtrack does not know, by what they belong to, in the groups' order."""


def together(entries: Iterable[Entry], apart: Collection[str] = ()) -> Iterator[tuple[Entry, ...]]:
    """Yield the entries, those together that follow each other and differ in their codes only.

    Of a code ``apart`` its entry comes alone.
    """

    def what_it_says(entry: Entry) -> tuple[object, ...]:
        own = entry.code if entry.code in apart or entry.written != entry.code else None
        return entry.meaning, entry.advice, entry.sureness, entry.source, own

    for _, alike in groupby(entries, key=what_it_says):
        yield tuple(alike)
