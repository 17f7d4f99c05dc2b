"""What ``firmtrack find`` prints for people: distributions, flags, activations."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from firmtrack.cli.options import console, minute
from firmtrack.cli.tables import Table, prose

if TYPE_CHECKING:
    from firmtrack.answers.devices import DeviceDistribution, HistoryEntry, OthersUpdate
    from firmtrack.answers.diagnoses import Diagnosis
    from firmtrack.answers.requests import DistributionAnswer, RequestAnswer
    from firmtrack.domain.activation import Activation
    from firmtrack.domain.incidents import IncidentEntry
    from firmtrack.domain.reconciliation import Flag
    from firmtrack.domain.voice import Voice
    from firmtrack.lookups.request import RequestListing


def print_request(listing: "RequestListing") -> None:
    """Print how a request stands, why updates failed, and its wanted devices as they are read."""
    found = listing.found.request
    console.print(str(found.request_id), style="bold", markup=False)
    _print_summary(listing)
    _print_failures(found)
    print_flags(found.flags)
    for sentence in listing.found.slower:
        console.print(sentence, markup=False)
    print_incidents("What else befell this request", found.incidents)
    if listing.rows:
        console.print()
        console.print(_devices_table(listing.distributions))
    if listing.rows < found.device_count:
        console.print(_count_text(listing), markup=False)


def _print_summary(listing: "RequestListing") -> None:
    from firmtrack.answers.side_parts import UNTOLD
    from firmtrack.diagnosis.requests import summary_of
    from firmtrack.domain.pace import Pace

    found, paces = listing.found.request, listing.found.paces
    stalled = 0
    if paces is not UNTOLD:
        stalled = sum(count for (_, pace), count in paces.items() if pace is Pace.STALLED)
    console.print(summary_of(found, stalled=stalled), markup=False)
    console.print(
        f"Version {found.firmware_version or 'not known'}, sent {minute(found.submitted_at)}.",
        markup=False,
    )


def _print_failures(found: "RequestAnswer") -> None:
    """Print how many devices failed with which status and reason, the most frequent first."""
    from firmtrack.presentation import wording

    if not found.failure_counts:
        return
    table = Table("Failed", prose("Because"))
    for (status, reason), count in found.failure_counts.items():
        table.add(f"{count:,}", wording.cause_text(reason, status))
    console.print()
    console.print(table)


def _devices_table(distributions: "Iterable[DistributionAnswer]") -> Table:
    from firmtrack.presentation import wording

    table = Table("Device ID", "Updated", prose("Current Status"), prose("Reason"))
    table.read(
        (
            str(each.device_id),
            updated_text(each),
            wording.STATUS_NAMES[each.status],
            _reason_text(each),
        )
        for each in distributions
    )
    return table


def _count_text(listing: "RequestListing") -> str:
    """Return of how many devices these are, which may be fewer than the request has."""
    if listing.rows < listing.wanted:
        return f"The first {listing.rows:,} of {listing.wanted:,} devices; --limit says how many."
    of_all = f"of the request's {listing.found.request.device_count:,}"
    return f"{listing.rows:,} {of_all} devices are as you asked."


def _reason_text(distribution: "DistributionAnswer") -> str:
    from firmtrack.presentation.wording import reason_text

    if distribution.reason is None:
        return ""
    return f"{reason_text(distribution.reason, distribution.status)} ({distribution.reason})"


def print_distribution(found: "DeviceDistribution", diagnosis: "Diagnosis | None") -> None:
    """Print a distribution: its diagnosis if it has one, then its history."""
    from firmtrack.presentation import wording

    each = found.distribution
    console.print(
        f"\nVersion {each.firmware_version or 'not known'}, sent {minute(each.submitted_at)}: "
        f"{wording.COMPLETION_NAMES[each.completion]}",
        style="bold",
        markup=False,
    )
    console.print(str(each.request_id), markup=False)
    if diagnosis is not None:
        console.print(diagnosis.sentence, markup=False)
        console.print(f"Acts next: {diagnosis.next_actor_name}.", markup=False)
        console.print(diagnosis.advice, markup=False)
    print_history(found.history)


def print_history(history: "Sequence[HistoryEntry]") -> None:
    """Print the first entries of a history as a table, and of how many."""
    from firmtrack.presentation.event_places import EVENTS_AT_ONCE

    console.print(history_table(history[:EVENTS_AT_ONCE]))
    if len(history) > EVENTS_AT_ONCE:
        console.print(
            f"The first {EVENTS_AT_ONCE} of {len(history):,} entries."
            " firmtrack find events shows all."
        )


def history_table(history: "Iterable[HistoryEntry]") -> Table:
    """Return the entries of a history as a table."""
    from firmtrack.presentation import wording
    from firmtrack.presentation.times import shown_text

    table = Table("When (DCC)", "Times", prose("Status"), "Reason", prose("Source"))
    for entry in history:
        table.add(
            shown_text(entry.occurred_at, is_day=entry.is_anothers),
            f"{entry.times:,}",
            wording.STATUS_NAMES[entry.status],
            entry.reason or "",
            wording.fact_source_text(entry.source),
        )
    return table


def updated_text(distribution: "DistributionAnswer") -> str:
    """Return when a distribution got its current status, as far as may be told."""
    from firmtrack.presentation.times import shown_text

    return shown_text(distribution.updated_at, is_day=distribution.is_anothers_event)


def print_flags(flags: "Iterable[Flag]", voice: "Voice | None" = None) -> None:
    """Print what does not fit together, as it is said to a User unless another voice is given."""
    from firmtrack.domain.voice import Voice
    from firmtrack.presentation.flags import FLAG_NAMES, flag_text

    for flag in flags:
        console.print(f"\nWarning: {FLAG_NAMES[flag.kind]}", style="bold", markup=False)
        console.print(flag_text(flag, voice or Voice.USER), markup=False)


def print_activations(title: str, activations: "Sequence[Activation]") -> None:
    """Print activations under a title, nothing if there are none."""
    from firmtrack.presentation import wording

    if not activations:
        return
    console.print(f"\n{title}", style="bold")
    table = Table(
        "Requested", "Status", "Since", "Scheduled for", prose("Reason"), prose("Request")
    )
    for each in activations:
        reason = each.reason and f"{wording.activation_reason_text(each.reason)} ({each.reason})"
        table.add(
            minute(each.requested_at),
            wording.ACTIVATION_STATUS_NAMES[each.status],
            minute(each.updated_at),
            minute(each.scheduled_for),
            reason or "",
            str(each.request_id),
        )
    console.print(table)


def print_incidents(title: str, incidents: "Sequence[IncidentEntry]") -> None:
    """Print what befell an update, a device or a request, nothing if nothing did."""
    from firmtrack.presentation.catalogue_incidents import INCIDENT_NAMES
    from firmtrack.presentation.incidents import incident_details, incident_source
    from firmtrack.presentation.times import day_text

    if not incidents:
        return
    console.print(f"\n{title}", style="bold")
    table = Table(
        "When (DCC)", "Times", prose("What"), prose("What is known of it"), prose("Source")
    )
    for each in incidents:
        at = each.incident.occurred_at
        table.add(
            day_text(at.date()) if each.source is None else minute(at),
            str(each.times),
            INCIDENT_NAMES[each.incident.kind],
            ", ".join(f"{name}: {value}" for name, value in incident_details(each)),
            incident_source(each),
        )
    console.print(table)


def print_others_updates(updates: "Sequence[OthersUpdate]") -> None:
    """Print other parties' updates, nothing if there are none."""
    from firmtrack.presentation import wording

    if not updates:
        return
    console.print("\nUpdates by other parties", style="bold")
    table = Table("Submitted", "Firmware version", prose("Current Status"), "Updated")
    for each in updates:
        table.add(
            minute(each.submitted_at),
            each.firmware_version or "not known",
            wording.STATUS_NAMES[each.status],
            minute(each.updated_at),
        )
    console.print(table)
