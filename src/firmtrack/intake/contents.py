"""What a kept message says, decoded for people: the one owner of that, whoever shows it."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import msgspec

from firmtrack.answers.messages import Contents, ReportFacts, Said, SaidOfActivation, ShownText
from firmtrack.domain.facts import Message, MessageKind
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.duis.carried import Carried, read_carried
from firmtrack.duis.printed import Printed
from firmtrack.duis.rejections import DuisRejected
from firmtrack.intake.kept import kept_rules, read_kept
from firmtrack.intake.stage_reports import StageReport
from firmtrack.store.reading.messages import KeptMessage

DEVICES_SHOWN = 20
"""So many devices of a message are named; of more their number is told."""

_Value = TypeVar("_Value")
_MOST_LINES = 500
_MOST_CHARACTERS = 100_000
_NOT_READ = "The readers of today cannot read it: what was recorded of it when it came stays."


def contents_of(kept: KeptMessage) -> Contents:
    """Return what a kept message says; of one that cannot be read any more, its text alone."""
    message = read_kept(kept, kept_rules())
    if message is None:
        return Contents(shown=_shown(_as_it_is(kept.body), kept), problem=_NOT_READ)
    if message.kind is MessageKind.STAGE_REPORT:
        text = msgspec.json.format(kept.body, indent=2).decode("utf-8", "backslashreplace")
        report = msgspec.json.decode(kept.body, type=StageReport)
        return _contents(
            message, _shown(Printed(text, is_whole=True), kept),
            report=ReportFacts(report.source, report.id),
        )  # fmt: skip
    try:
        carried = read_carried(kept.body)
    except DuisRejected:  # what made facts was read otherwise
        return _contents(message, _shown(_as_it_is(kept.body), kept))
    return _contents(message, _shown(carried.printed, kept), carried=carried)


def _contents(
    message: Message,
    shown: ShownText,
    *,
    carried: Carried | None = None,
    report: ReportFacts | None = None,
) -> Contents:
    devices = _devices(message)
    return Contents(
        shown=shown,
        request_id=None if carried is None else carried.request_id,
        service=None if carried is None else carried.service,
        requests=_requests(message),
        devices=devices[:DEVICES_SHOWN],
        device_count=len(devices),
        said=_said(message),
        activation=_activation(message),
        device_time=_device_time(message),
        comms_hub_id=_only(_hubs(message)),
        firmware_version=_version(message),
        gbcs=None if carried is None else carried.gbcs,
        report=report,
    )


def _as_it_is(body: bytes) -> Printed:
    return Printed(body.decode("utf-8", "backslashreplace"), is_whole=True)


def _shown(text: Printed, kept: KeptMessage) -> ShownText:
    lines = text.text.splitlines()
    cut = "\n".join(lines[:_MOST_LINES])[:_MOST_CHARACTERS]
    is_whole = text.is_whole and len(lines) <= _MOST_LINES and len(cut) < _MOST_CHARACTERS
    return ShownText(text=cut, is_whole=is_whole, kept_bytes=len(kept.body))


def _devices(message: Message) -> tuple[Eui64, ...]:
    """Return every device that the message is about, each once, in its order."""
    named: list[Eui64 | None] = [] if message.request is None else [*message.request.device_ids]
    named += [each.device_id for each in message.events]
    named += [each.device_id for each in message.devices]
    named += [each.device_id for each in message.incidents]
    if message.activation is not None:
        named.append(message.activation.request_id.target)
    if message.proposal is not None:
        named.append(message.proposal.facts.device_id)
    if message.supplier_change is not None:
        named.append(message.supplier_change.device_id)
    return tuple(dict.fromkeys(each for each in named if each is not None))


def _requests(message: Message) -> tuple[RequestId, ...]:
    """Return every Service Request that the message is about, in the order of their IDs."""
    named = {*message.named_requests()}
    named.update(each.request_id for each in message.incidents if each.request_id is not None)
    named.update(
        each.request_id
        for each in (message.activation, message.proposal, message.verdict)
        if each is not None
    )
    return tuple(sorted(named))


def _said(message: Message) -> tuple[Said, ...]:
    of_devices = Counter((each.status, each.reason) for each in message.events)
    return (
        *(Said(each.status, each.reason, 0) for each in message.steps),
        *(Said(status, reason, count) for (status, reason), count in of_devices.items()),
    )


def _activation(message: Message) -> SaidOfActivation | None:
    event = message.activation
    # A command that failed may be of any service: that it was an activation the message says not.
    if event is None or message.kind is MessageKind.COMMAND_FAILURE:
        return None
    return SaidOfActivation(
        request_id=event.request_id,
        step=event.step,
        is_failed=event.is_failed,
        reason=event.reason,
        scheduled_for=event.scheduled_for,
    )


def _device_time(message: Message) -> datetime | None:
    times = [each.device_time for each in message.events]
    times += [each.device_time for each in message.incidents]
    if message.activation is not None:
        times.append(message.activation.device_time)
    return next((each for each in times if each is not None), None)


def _hubs(message: Message) -> list[Eui64 | None]:
    of_events = [each.comms_hub_id for each in message.events]
    return [*of_events, *(each.comms_hub_id for each in message.incidents)]


def _version(message: Message) -> FirmwareVersion | None:
    if message.request is not None:
        return message.request.firmware_version
    told = [each.firmware_version for each in message.events]
    told += [each.firmware_version for each in message.devices]
    if message.activation is not None:
        told.append(message.activation.firmware_version)
    return _only(told)


def _only(values: Iterable[_Value | None]) -> _Value | None:
    known = {each for each in values if each is not None}
    return known.pop() if len(known) == 1 else None
