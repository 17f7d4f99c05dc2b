"""The phrases that several diagnoses share."""

from datetime import timedelta

from firmtrack.answers.devices import HistoryEntry
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.stages import Party
from firmtrack.domain.voice import Spoken
from firmtrack.presentation.times import duration_text, near_text, shown_text
from firmtrack.presentation.wording import PARTY_NAMES

_CLOCKS_APART = timedelta(minutes=5)


def the_party(party: Party) -> str:
    """Return a party's name with its article, as it stands within a sentence."""
    return f"the {PARTY_NAMES[party]}"


def since_text(situation: Situation) -> str:
    """Return when the present step began and how long ago that is.

    Where only the day may be told, how long ago is left to the reader.
    """
    when = when_text(situation)
    if situation.distribution.is_anothers_event:
        return when
    if situation.since > situation.now + _CLOCKS_APART:
        return f"{when} (as DCC dates it, which is still to come)"
    return f"{when} ({duration_text(situation.waited_seconds)})"


def when_text(situation: Situation) -> str:
    """Return when the present step began, as far as the viewer may know."""
    if situation.distribution.is_anothers_event:
        return shown_text(situation.since, is_day=True)
    return near_text(situation.since, situation.now)


def entry_time(entry: HistoryEntry, situation: Situation) -> str:
    """Return when an event of the history was, as far as the viewer may know."""
    if entry.is_anothers:
        return shown_text(entry.occurred_at, is_day=True)
    return near_text(entry.occurred_at, situation.now)


def as_sentence(text: str) -> str:
    """Return an operator's or a table's text with a full stop at its end."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def joined(*sentences: str | None) -> str:
    """Return the sentences that there are as one text."""
    return " ".join(sentence for sentence in sentences if sentence)


def surroundings(situation: Situation) -> str:
    """Return what the User should know of the device besides the update; empty if nothing."""
    return joined(
        suspension(situation),
        supplier_change(situation),
    )


def suspension(situation: Situation) -> str | None:
    """Return what it calls for that the device is Suspended, None if it is not."""
    return _SUSPENDED.to(situation.voice) if situation.is_suspended else None


def status_text(situation: Situation) -> str | None:
    """Return what the inventory has as the device's status, None if nothing."""
    status = None if situation.device is None else situation.device.device_status
    return None if status is None else f"The inventory has the device’s status as {status}."


def superseded(situation: Situation) -> str | None:
    """Return the advice on an update that a later one has outdone, None if none has."""
    later = situation.later_success
    if later is None:
        return None
    version = "an image" if later.firmware_version is None else f"version {later.firmware_version}"
    return f"A later request, {later.request_id}, has brought the device {version}: {_LOOK_THERE}"


def followed_up(situation: Situation) -> str | None:
    """Return the advice on a failure that a later request already follows up, None without one."""
    later = situation.later_under_way
    if later is None:
        return None
    return f"A later request, {later.request_id}, is under way for the device: {_LOOK_THERE}"


def supplier_change(situation: Situation) -> str | None:
    """Return what a change of supplier since the request calls for, None without one."""
    changed_at = situation.supplier_changed_at
    if changed_at is None or changed_at < situation.distribution.submitted_at:
        return None
    when = (
        shown_text(changed_at, is_day=True)
        if situation.is_supplier_change_anothers
        else near_text(changed_at, situation.now)
    )
    return (
        f"The device’s supplier changed on {when}, after the "
        "request. The image must come from the party that activates it, so a new supplier must "
        "send it anew."
    )


_LOOK_THERE = "follow that one."
_SUSPENDED = Spoken(
    "The inventory has the device as Suspended: find out why before you send anything else. If the "
    "answer to an activation was lost, reading the firmware version (11.2) repairs it.",
    "The inventory has the device as Suspended: find out why before the supplier sends anything "
    "else. If the answer to an activation was lost, it is repaired when the supplier reads the "
    "firmware version (11.2).",
)
