"""What was reported of an update after its last step and bears on its wait: it leads the answer.

The current status is the furthest stage, so a report of another kind may be newer: DCC holds the
request, the device or its hub is gone, the device took another image. Each is one row or function.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from firmtrack.answers.devices import HistoryEntry
from firmtrack.answers.diagnoses import Evidence
from firmtrack.diagnosis.activation_failure import finding_on_failed_activation
from firmtrack.diagnosis.phrases import as_sentence, entry_time, joined
from firmtrack.diagnosis.situation import Situation
from firmtrack.diagnosis.statuses import OTHER_IMAGE
from firmtrack.domain.facts import Incident, IncidentKind
from firmtrack.domain.identifiers import comparable_version
from firmtrack.domain.incidents import FACTS_OF_HUB, IncidentEntry
from firmtrack.domain.remedy import Actor
from firmtrack.domain.stages import ActivationStatus, CompletionStatus, Status
from firmtrack.domain.voice import Spoken
from firmtrack.presentation.catalogue_incidents import INCIDENT_NAMES, INCIDENTS
from firmtrack.presentation.incidents import incident_source
from firmtrack.presentation.times import day_text, local_text, near_text, shown_text
from firmtrack.presentation.wording import STATUS_NAMES, fact_source_text, reason_text


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing that was reported after the last step of an update, at ``at``.

    ``what`` says what, ``consequence`` what that means to an update in progress. ``ends`` is
    whether to wait on is not worth while, as far as Firmtrack knows; ``is_alarm`` whether it is
    also about a device that runs the image.
    """

    at: datetime
    what: str
    advice: str
    actor: Actor
    evidence: Evidence
    consequence: str | None = None
    ends: bool = False
    is_alarm: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """How an incident is put; ``{when}``, ``{request}``, ``{reason}``, ``{new_hub}`` filled in."""

    what: str
    actor: Actor
    consequence: str | None = None
    ends: bool = False
    is_alarm: bool = False


_PROBABLY_OVER = "No word of the update came since: it is likely to have ended there."
_NOT_HANDED_OVER = "It is not likely to hand the image over any more."

_ROWS: Mapping[IncidentKind, _Row] = {
    IncidentKind.REQUEST_QUARANTINED: _Row(
        "DCC said on {when} that it holds {request} in quarantine{reason}.",
        Actor.SUPPLIER,
        "No word of DCC’s about it came since.",
        ends=True,
    ),
    IncidentKind.COMMAND_FAILED: _Row(
        "DCC said on {when} that the request failed for this device{reason}.",
        Actor.SUPPLIER,
        "No word of the update came since.",
        ends=True,
    ),
    IncidentKind.MESSAGE_NOT_CARRIED: _Row(
        "On {when} DCC had word that the User’s version of DUIS cannot carry{reason}: what it says "
        "is not known.",
        Actor.SUPPLIER,
    ),
    IncidentKind.DEVICE_REMOVED: _Row(
        "DCC removed the device from its inventory, as it said on {when}.",
        Actor.SUPPLIER,
        _PROBABLY_OVER,
        ends=True,
    ),
    IncidentKind.METER_DECOMMISSIONED: _Row(
        "The meter was decommissioned or withdrawn, as DCC said on {when}.",
        Actor.SUPPLIER,
        _PROBABLY_OVER,
        ends=True,
    ),
    IncidentKind.ASSOCIATED_METER_DECOMMISSIONED: _Row(
        "The meter that DCC lists the device with was decommissioned or withdrawn, as it said on "
        "{when}.",
        Actor.SUPPLIER,
    ),
    IncidentKind.PPMID_REMOVED: _Row(
        "The PPMID was removed from its hub, as DCC said on {when}.",
        Actor.SUPPLIER,
        _PROBABLY_OVER,
        ends=True,
    ),
    IncidentKind.COMMS_HUB_DECOMMISSIONED: _Row(
        "The Communications Hub that the image is at was decommissioned, as DCC said on {when}.",
        Actor.SUPPLIER,
        _NOT_HANDED_OVER,
        ends=True,
    ),
    IncidentKind.COMMS_HUB_EXCHANGED: _Row(
        "The Communications Hub that the image is at seems to have been exchanged{new_hub}, as DCC "
        "said on {when}.",
        Actor.SUPPLIER,
        _NOT_HANDED_OVER,
        ends=True,
    ),
    IncidentKind.FIRMWARE_CHANGED: _Row(
        "The device said on {when} that the firmware that it runs has changed; to which version, "
        "it did not say.",
        Actor.SUPPLIER,
    ),
    IncidentKind.POWER_ON_VERIFICATION_FAILED: _Row(
        "The device said on {when} that the verification of its firmware failed at power-on.",
        Actor.SUPPLIER,
        is_alarm=True,
    ),
    IncidentKind.METROLOGY_VERIFICATION_FAILED: _Row(
        "The device said on {when} that the verification of its metrology firmware failed.",
        Actor.SUPPLIER,
        is_alarm=True,
    ),
}

_WHOSE_IMAGE = Spoken(
    "Find out which request brought it: compare it with your other requests and with the Central "
    "Products List, or ask DCC’s Service Centre. A late word of this request’s own image still "
    "counts.",
    "Find out which request brought it: look at the device’s other requests, and ask the "
    "supplier. A late word of this request’s own image still counts.",
)
_TWO_WORDS = Spoken(
    "The two do not fit. If no further word comes, ask DCC’s Service Centre, and quote the Service "
    "Request ID and the Device ID. A late success still counts.",
    "The two do not fit. If no further word comes, ask the CSP, and quote the Service Request ID "
    "and the Device ID. A late success still counts.",
)


def news_of(situation: Situation) -> tuple[News, ...]:
    """Return what is newer than the update's last step, what ends the wait first, then the latest.

    ALERT_THROTTLED is no news: it repeats what was told.
    """
    return tuple(
        sorted(_news(situation), key=lambda each: (each.ends, each.at, each.what), reverse=True)
    )


def _news(situation: Situation) -> Iterator[News]:
    last_step = _last_step(situation)
    yield from _incidents(situation, last_step)
    yield from _other_images(situation, last_step)
    if situation.distribution.completion is CompletionStatus.IN_PROGRESS:
        yield from _earlier_stages(situation, last_step)
        yield from _failed_activations(situation, last_step)


def _last_step(situation: Situation) -> datetime:
    """Return when the last word came of what the update's own stages stand at."""
    good = [each.occurred_at for each in situation.history if not each.status.is_bad]
    return max([situation.distribution.updated_at, *good])


def _incidents(situation: Situation, last_step: datetime) -> Iterator[News]:
    # A request carries no time: what is told of one that was only received came after it.
    is_unanswered = situation.distribution.status is Status.RECEIVED
    for entry in situation.incidents:
        row = _ROWS.get(entry.incident.kind)
        if row is None or not (is_unanswered or entry.ordered_at >= last_step):
            continue
        if entry.incident.kind in FACTS_OF_HUB and not _is_at_hub(situation):
            continue
        yield _incident(situation, entry, row)


def _is_at_hub(situation: Situation) -> bool:
    return situation.distribution.status is Status.DELIVERED_TO_COMMS_HUB


def _incident(situation: Situation, entry: IncidentEntry, row: _Row) -> News:
    incident, source = entry.incident, entry.source
    # Of what another party was told, nothing closer than the day may be said.
    day = day_text(incident.occurred_at.date())
    when = day if source is None else near_text(incident.occurred_at, situation.now)
    new_hub, reason = incident.new_comms_hub_id, incident.reason
    return News(
        at=entry.ordered_at,
        what=row.what.format(
            when=when,
            request=_request_text(situation, incident),
            reason="" if reason is None else f" ({reason})",
            new_hub="" if new_hub is None else f" for {new_hub}",
        ),
        advice=INCIDENTS[incident.kind].advice.to(situation.voice),
        actor=row.actor,
        evidence=Evidence(
            f"“{INCIDENT_NAMES[incident.kind]}”, "
            f"{day if source is None else local_text(incident.occurred_at)}: "
            f"{incident_source(entry)}.",
            None if source is None else source.message_id,
        ),
        consequence=row.consequence,
        ends=row.ends,
        is_alarm=row.is_alarm,
    )


def _request_text(situation: Situation, incident: Incident) -> str:
    if incident.request_id in {None, situation.distribution.request_id}:
        return "the request"
    return f"Activate Firmware (11.3) request {incident.request_id}"


def _other_images(situation: Situation, last_step: datetime) -> Iterator[News]:
    """Yield what fits no request, and tells that the device has to do with another image."""
    for entry in situation.unattributed:
        differs = _difference(situation, entry)
        if entry.status in OTHER_IMAGE and differs is not None and entry.occurred_at >= last_step:
            when = entry_time(entry, situation)
            yield News(
                at=entry.occurred_at,
                what=f"{OTHER_IMAGE[entry.status].format(when=when)} than this request’s: "
                f"{differs}.",
                advice=_WHOSE_IMAGE.to(situation.voice),
                actor=Actor.SUPPLIER,
                evidence=_evidence(entry),
            )


def _difference(situation: Situation, entry: HistoryEntry) -> str | None:
    """Return what tells the word's image from the request's, None if nothing that is known does."""
    wanted = situation.distribution
    if entry.image_hash is not None:
        if wanted.image_hash in {None, entry.image_hash}:
            return None
        return f"its hash is {entry.image_hash.hex()}"
    header = None if situation.image is None else situation.image.header_version
    numbers = {
        comparable_version(each) for each in (wanted.firmware_version, header) if each is not None
    }
    if entry.firmware_version is None or not numbers:
        return None
    if comparable_version(entry.firmware_version) in numbers:
        return None
    return f"its version is {entry.firmware_version}"


def _earlier_stages(situation: Situation, last_step: datetime) -> Iterator[News]:
    """Yield the latest failure of a stage that the update has passed, if nothing came after it."""
    failures = [
        each for each in situation.history if each.status.is_bad and each.occurred_at >= last_step
    ]
    latest = max(failures, key=lambda each: each.occurred_at, default=None)
    if latest is not None:
        when = entry_time(latest, situation)
        reason = None if latest.reason is None else reason_text(latest.reason, latest.status)
        yield News(
            at=latest.occurred_at,
            what=joined(
                f"The latest word, of {when}, is “{STATUS_NAMES[latest.status]}”, though the "
                "update had come further.",
                None if reason is None else as_sentence(reason),
            ),
            advice=_TWO_WORDS.to(situation.voice),
            actor=Actor.SUPPLIER,
            evidence=_evidence(latest),
        )


def _failed_activations(situation: Situation, last_step: datetime) -> Iterator[News]:
    """Yield an activation that failed though no word of the image's verification came."""
    for activation in situation.activations:
        if activation.status is ActivationStatus.FAILED and activation.updated_at >= last_step:
            finding = finding_on_failed_activation(situation, activation)
            message_id: UUID | None = activation.events[0].message_id if activation.events else None
            yield News(
                at=activation.updated_at,
                what=finding.sentence,
                advice=finding.advice,
                actor=finding.next_actor,
                evidence=Evidence(
                    f"Activate Firmware (11.3): “Failed”, {local_text(activation.updated_at)}.",
                    message_id,
                ),
            )


def _evidence(entry: HistoryEntry) -> Evidence:
    when = shown_text(entry.occurred_at, is_day=entry.is_anothers)
    source = fact_source_text(entry.source)
    return Evidence(f"“{STATUS_NAMES[entry.status]}”, {when}: {source}.", entry.message_id)
