"""``firmtrack audit``: who looked up and did what, of all parties."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from firmtrack.cli.options import AsJson, console, errors, minute, print_json
from firmtrack.cli.recorded_messages import read_since
from firmtrack.cli.session import opened
from firmtrack.cli.tables import Table, prose

audit = typer.Typer(help="Who looked up and did what.", no_args_is_help=True)


@audit.callback()
def group() -> None:
    """Keep a group of one command a group."""


@audit.command("list")
def list_audit(
    *,
    party_name: Annotated[
        str | None, typer.Option("--party", metavar="NAME", help="Only this party's.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            metavar="TIME", parser=read_since, help="Only what was at or after this time."
        ),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="Only this, such as device or signed_in; may be repeated.",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=100_000, help="So many of the newest.", show_default=True)
    ] = 1_000,
    as_json: AsJson = False,
) -> None:
    """List look-ups and acts, the newest first; to do so is on record, too."""
    with opened():
        from firmtrack.accounts.acting import operator_name
        from firmtrack.accounts.parties import party_named
        from firmtrack.answers.audit import AuditFilter
        from firmtrack.domain.viewer import Viewer
        from firmtrack.lookups.audit import audit_known_from, find_audit
        from firmtrack.presentation.audit import KIND_NAMES, kind_name
        from firmtrack.presentation.known_from import audit_text

        for kind in kinds or ():
            if kind not in KIND_NAMES:
                raise typer.BadParameter(f"{kind!r} is none of {', '.join(KIND_NAMES)}.")
        wanted = AuditFilter(
            party=None if party_name is None else party_named(party_name).name,
            kinds=frozenset(kinds or ()),
            since=since,
        )
        found = find_audit(Viewer.of_dcc(operator_name()), wanted, limit=limit)
        kept_from = audit_known_from()
        if as_json:
            print_json({"audit": [asdict(each) for each in found], "kept_from": kept_from})
            return
        table = Table("When", prose("Party"), prose("Who"), prose("What was done"),
                      prose("To what"), prose("Detail"), "Rows")  # fmt: skip
        for each in found:
            table.add(
                minute(each.at),
                each.party or "",
                each.who,
                kind_name(each.kind),
                each.subject,
                each.detail,
                "" if each.rows is None else str(each.rows),
            )
        console.print(table if found else "There are no such entries.")
        if kept_from is not None:
            errors.print(audit_text(kept_from))
