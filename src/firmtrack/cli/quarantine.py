"""``firmtrack quarantine``: what could not be taken, shown, fixed and replayed."""

import getpass
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firmtrack.cli.options import AsJson, console, file_failures, minute, print_json
from firmtrack.cli.session import opened
from firmtrack.cli.tables import Table, prose
from firmtrack.errors import FirmtrackError

if TYPE_CHECKING:
    from firmtrack.store.ledger.quarantine import QuarantineEntry

_SOME_STAYED = 3

quarantine = typer.Typer(help="Messages that could not be taken.", no_args_is_help=True)

_GREATEST_ID = 2**63 - 1  # of PostgreSQL's bigint


def _moment(text: str) -> datetime:
    from firmtrack.presentation.as_of import MalformedMoment, read_typed_beginning

    try:
        return read_typed_beginning(text)
    except MalformedMoment as error:
        raise typer.BadParameter(str(error)) from None


EntryId = Annotated[
    int,
    typer.Argument(metavar="ID", min=1, max=_GREATEST_ID, help="The number of a quarantine entry."),
]


class NoSuchEntry(FirmtrackError):
    """There is no quarantine entry of this number."""


@quarantine.command("list")
def list_entries(
    *,
    include_replayed: Annotated[
        bool, typer.Option("--all", help="Also those that were replayed.")
    ] = False,
    discarded: Annotated[
        bool, typer.Option("--discarded", help="Those that were discarded, when, why and by whom.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the messages that wait, oldest first."""
    if discarded and include_replayed:
        raise typer.BadParameter("Give --all or --discarded, not both.")
    with opened():
        from firmtrack.store.ledger.quarantine import list_quarantine

        if discarded:
            _list_discarded(as_json=as_json)
            return
        entries = list_quarantine(waiting_only=not include_replayed)
        if as_json:
            print_json([asdict(entry) for entry in entries])
            return
        table = Table(
            "ID",
            "Reason",
            prose("What is wrong"),
            prose("From"),
            "Octets",
            "Times",
            "First received",
        )
        for entry in entries:
            table.add(
                str(entry.quarantine_id),
                entry.reason_code,
                entry.reason,
                entry.origin,
                f"{entry.body_bytes:,}",
                str(entry.times_received),
                minute(entry.recorded_at),
            )
        console.print(table if entries else "The quarantine is empty.")


@quarantine.command("use")
def use(*, as_json: AsJson = False) -> None:
    """Show how much of each submitter waits, and how much was refused since too much did."""
    with opened():
        from firmtrack.store.ledger.quarantine_quotas import quarantine_use

        found = quarantine_use()
        if as_json:
            print_json([asdict(each) for each in found])
            return
        table = Table(
            prose("Submitter"), "Waiting", "Octets", "Refused", "Octets refused", "Last refused"
        )
        for each in found:
            table.add(
                each.submitter,
                f"{each.items:,}",
                f"{each.octets:,}",
                f"{each.times_refused:,}",
                f"{each.octets_refused:,}",
                minute(each.last_refused_at),
            )
        console.print(table if found else "The quarantine is empty.")


@quarantine.command("show")
def show(
    entry_id: EntryId,
    *,
    body_only: Annotated[
        bool, typer.Option("--body", help="Write the message's octets, and nothing else.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show one message with the reason."""
    with opened():
        from firmtrack.store.ledger.quarantine import find_quarantined

        found = find_quarantined(entry_id)
        if found is None:
            raise NoSuchEntry
        entry, body = found
        if body_only:
            sys.stdout.buffer.write(body)
        elif as_json:
            print_json({**asdict(entry), "body": body.decode("utf-8", "backslashreplace")})
        else:
            _print_entry(entry)
            console.print_as_it_is(body.decode("utf-8", "backslashreplace"))


@quarantine.command("replay")
def replay(
    entry_ids: Annotated[
        list[int],
        typer.Argument(
            metavar="ID…", min=1, max=_GREATEST_ID, help="Numbers of quarantine entries."
        ),
    ] = [],  # noqa: B006  # Typer reads the default and never changes it
    *,
    every: Annotated[
        bool,
        typer.Option(
            "--all", help="All that wait, but those that were not their sender's to hand in."
        ),
    ] = False,
    fixed: Annotated[
        Path | None,
        typer.Option("--fixed", metavar="FILE", help="Take this file in its place (one ID)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take messages in again. Exit status 3 if any stays in quarantine."""
    if every == bool(entry_ids) or (fixed is not None and len(entry_ids) != 1):
        raise typer.BadParameter("Give IDs, or --all; --fixed goes with one ID.")
    with opened():
        from firmtrack.accounts.acting import record_operator_act
        from firmtrack.intake.receive import OutcomeKind
        from firmtrack.intake.replay import replay as replay_entry
        from firmtrack.intake.replay import replayable
        from firmtrack.store.acts import ActKind

        wanted = replayable() if every else entry_ids
        with file_failures():
            fixed_body = None if fixed is None else fixed.read_bytes()
        outcomes = {}
        for entry_id in wanted:
            outcomes[entry_id] = outcome = replay_entry(entry_id, fixed_body)
            if outcome.outcome is not OutcomeKind.QUARANTINED:
                # After it, so that only what was done is on record; that it was replayed, and with
                # which outcome, the entry itself keeps. Here is who.
                how = "as it was kept" if fixed_body is None else "as the operator fixed it"
                record_operator_act(ActKind.QUARANTINE_REPLAYED, f"entry {entry_id}", how)
    if as_json:
        print_json([{"quarantine_id": i, **asdict(outcome)} for i, outcome in outcomes.items()])
    else:
        for entry_id, outcome in outcomes.items():
            reason = f": {outcome.reason}" if outcome.reason else ""
            console.print(f"{entry_id}: {outcome.outcome}{reason}", markup=False)
    if any(outcome.outcome is OutcomeKind.QUARANTINED for outcome in outcomes.values()):
        raise typer.Exit(_SOME_STAYED)


@quarantine.command("discard")
def discard(
    entry_ids: Annotated[
        list[int],
        typer.Argument(
            metavar="[ID]…", min=1, max=_GREATEST_ID, help="Numbers of quarantine entries."
        ),
    ] = [],  # noqa: B006  # Typer reads the default and never changes it
    *,
    because: Annotated[str, typer.Option("--because", metavar="TEXT", help="Why; kept on record.")],
    submitter: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="All that wait of this party; `operator` is the command line."
        ),
    ] = None,
    before: Annotated[
        datetime | None,
        typer.Option(
            metavar="TIME", parser=_moment, help="Of these only what was received before this time."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take messages out for good. A record of each stays: its size, its reason, when, why, by whom.

    The same message received again is judged anew. Exit status 3 if any was not there.
    """
    if bool(entry_ids) == (submitter is not None) or (before is not None and submitter is None):
        raise typer.BadParameter("Give IDs, or --submitter; --before goes with --submitter.")
    if not because.strip():
        raise typer.BadParameter("Say why.", param_hint="--because")
    with opened():
        from firmtrack.accounts.acting import operator_name
        from firmtrack.store.ledger.quarantine import Discarding
        from firmtrack.store.ledger.quarantine import discard as discard_entries

        done = discard_entries(
            Discarding(
                quarantine_ids=entry_ids or None,
                submitter=submitter,
                before=before,
                discarded_by=_who(),
                because=because,
                actor=operator_name(),
            )
        )
    unknown = sorted(set(entry_ids) - set(done))
    if as_json:
        print_json({"discarded": done, "unknown": unknown})
    else:
        console.print(f"{len(done):,} discarded.")
        for entry_id in unknown:
            console.print(f"{entry_id}: there is no such entry.")
    if unknown:
        raise typer.Exit(_SOME_STAYED)


def _who() -> str:
    """Return the name by which the system knows who runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "unknown"


def _list_discarded(*, as_json: bool) -> None:
    from firmtrack.store.ledger.quarantine import list_discarded

    found = list_discarded()
    if as_json:
        print_json([asdict(each) for each in found])
        return
    table = Table(
        "ID", "Reason", "Octets", prose("Submitter"), "Discarded", prose("By"), prose("Because")
    )
    for each in found:
        table.add(
            str(each.quarantine_id),
            each.reason_code,
            f"{each.body_bytes:,}",
            each.submitter,
            minute(each.discarded_at),
            each.discarded_by,
            each.because,
        )
    console.print(table if found else "Nothing was discarded.")


def _print_entry(entry: "QuarantineEntry") -> None:
    for name, value in asdict(entry).items():
        if value is not None:
            console.print(f"{name}: {value}", markup=False)
