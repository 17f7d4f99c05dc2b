"""What ``firmtrack find`` prints for people: distributions, flags, activations."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from firmtrack.cli.options import add_row, console, minute

if TYPE_CHECKING:
    from firmtrack.answers.devices import DeviceDistribution, HistoryEntry, OthersUpdate
    from firmtrack.answers.diagnoses import Diagnosis
    from firmtrack.answers.requests import DistributionAnswer
    from firmtrack.domain.activation import Activation
    from firmtrack.domain.incidents import IncidentEntry
    from firmtrack.domain.reconciliation import Flag


def print_distribution(found: "DeviceDistribution", diagnosis: "Diagnosis | None") -> None:
    """Print a distribution: its diagnosis if it has one, then its history."""
    from firmtrack.presentation import wording
    from firmtrack.presentation.diagnosis_wording import ACTOR_NAMES

    each = found.distribution
    console.print(
        f"\n{wording.COMPLETION_NAMES[each.completion]}  {each.request_id}  "
        f"firmware {each.firmware_version or 'not known'}",
        style="bold",
        markup=False,
    )
    if diagnosis is not None:
        console.print(diagnosis.sentence, markup=False)
        console.print(f"Acts next: {ACTOR_NAMES[diagnosis.next_actor]}.", markup=False)
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

    table = Table("When (DCC)", "Times", "Status", "Reason", "Source")
    for entry in history:
        add_row(
            table,
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


def print_flags(flags: "Iterable[Flag]") -> None:
    """Print what does not fit together."""
    from firmtrack.presentation.flags import FLAG_NAMES, flag_text

    for flag in flags:
        console.print(f"\nWarning: {FLAG_NAMES[flag.kind]}", style="bold", markup=False)
        console.print(flag_text(flag), markup=False)


def print_activations(title: str, activations: "Sequence[Activation]") -> None:
    """Print activations under a title, nothing if there are none."""
    from firmtrack.presentation import wording

    if not activations:
        return
    console.print(f"\n{title}", style="bold")
    table = Table("Requested", "Status", "Since", "Scheduled for", "Reason", "Request")
    for each in activations:
        reason = each.reason and f"{wording.activation_reason_text(each.reason)} ({each.reason})"
        add_row(
            table,
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
    table = Table("When (DCC)", "Times", "What", "What is known of it", "Source")
    for each in incidents:
        at = each.incident.occurred_at
        add_row(
            table,
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
    table = Table("Submitted", "Firmware version", "Current Status", "Updated")
    for each in updates:
        add_row(
            table,
            minute(each.submitted_at),
            each.firmware_version or "not known",
            wording.STATUS_NAMES[each.status],
            minute(each.updated_at),
        )
    console.print(table)
