"""The text to paste into a ticket: what is known of an update or a request, with all its IDs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from firmtrack.answers.devices import DeviceDistribution
from firmtrack.answers.diagnoses import Diagnosis
from firmtrack.answers.requests import RequestAnswer
from firmtrack.answers.sources import ResponseIds
from firmtrack.domain.identifiers import ResponseId
from firmtrack.presentation.times import utc_text
from firmtrack.presentation.wording import STATUS_NAMES, VARIANT_NAMES, activation_event_text

_RESPONSES_SHOWN = 10


def ticket_of_update(
    found: DeviceDistribution,
    diagnosis: Diagnosis | None,
    response_ids: ResponseIds,
    *,
    at: datetime,
    link: str,
) -> str:
    """Return what is known at a moment of one device's update, as lines of text.

    ``link`` shows the same as of that moment. Only a diagnosis's own sentences have local times.
    """
    return "\n".join(_of_update(found, diagnosis, response_ids, at, link))


def ticket_of_request(
    found: RequestAnswer,
    summary: str,
    response_ids: tuple[ResponseId, ...],
    *,
    at: datetime,
    link: str,
) -> str:
    """Return what is known at a moment of a request, as lines of text; the rest as for an update.

    ``response_ids`` are of DCC's answers to the request itself.
    """
    return "\n".join(_of_request(found, summary, response_ids, at, link))


def _of_update(
    found: DeviceDistribution,
    diagnosis: Diagnosis | None,
    response_ids: ResponseIds,
    at: datetime,
    link: str,
) -> Iterator[str]:
    each = found.distribution
    if diagnosis is not None:
        yield diagnosis.sentence
        yield ""
    yield f"Device ID: {each.device_id}"
    yield f"Service Request ID: {each.request_id}"
    yield f"Firmware Version: {each.firmware_version or 'not known'}"
    yield f"Sent: {utc_text(each.submitted_at)}"
    reason = "" if each.reason is None else f", reason {each.reason}"
    when = _time(each.updated_at, is_day=each.is_anothers_event)
    yield f"Current Status: {STATUS_NAMES[each.status]}{reason}, {when}"
    hubs = dict.fromkeys(entry.comms_hub_id for entry in found.history if entry.comms_hub_id)
    if hubs:
        yield f"Communications Hub: {next(iter(hubs))}"
    responses = list(islice(_responses(found, response_ids), _RESPONSES_SHOWN))
    if responses:
        yield "DCC’s Response IDs:"
        yield from responses
    if diagnosis is not None:
        yield f"Who acts next: {diagnosis.next_actor_name}"
        yield f"What to do: {diagnosis.advice}"
    yield from _as_known(at, link)


def _responses(found: DeviceDistribution, response_ids: ResponseIds) -> Iterator[str]:
    """Yield DCC's ID of each message that tells of the update, with what it says and when."""
    for entry in found.history:
        response_id = None if entry.message_id is None else response_ids.get(entry.message_id)
        if response_id is not None:
            yield f"- {response_id} ({STATUS_NAMES[entry.status]}, {utc_text(entry.occurred_at)})"
    for activation in found.activations:
        for reported in activation.events:
            response_id = response_ids.get(reported.message_id)
            if response_id is not None:
                what = activation_event_text(reported.event)
                yield f"- {response_id} (Activate Firmware: {what})"


def _of_request(
    found: RequestAnswer,
    summary: str,
    response_ids: tuple[ResponseId, ...],
    at: datetime,
    link: str,
) -> Iterator[str]:
    yield summary
    yield ""
    yield f"Service Request ID: {found.request_id}"
    if found.variant is not None:
        yield f"Service: {found.variant.value} {VARIANT_NAMES[found.variant]}"
    yield f"Firmware Version: {found.firmware_version or 'not known'}"
    image_hash = None if found.image is None else found.image.manufacturer_image_hash
    if image_hash is not None:
        yield f"Image hash (SHA-256): {image_hash.hex()}"
    yield f"Devices: {found.device_count:,}"
    yield f"Sent: {utc_text(found.submitted_at)}"
    if found.response_code is not None:
        when = "" if found.answered_at is None else f", {utc_text(found.answered_at)}"
        yield f"DCC’s answer: {found.response_code}{when}"
    if response_ids:
        yield "DCC’s Response IDs:"
        yield from (f"- {each}" for each in response_ids)
    yield from _as_known(at, link)


def _as_known(at: datetime, link: str) -> Iterator[str]:
    yield f"As known to Firmtrack at {utc_text(at)}:"
    yield link


def _time(at: datetime, *, is_day: bool) -> str:
    return at.astimezone(UTC).date().isoformat() if is_day else utc_text(at)
