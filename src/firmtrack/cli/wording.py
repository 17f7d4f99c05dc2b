"""``firmtrack wording``: what the operators say that a code means, without a release."""

from dataclasses import asdict
from getpass import getuser
from typing import Annotated

import typer

from firmtrack.cli.options import AsJson, console, minute, print_json
from firmtrack.cli.session import opened
from firmtrack.cli.tables import Table, prose
from firmtrack.errors import FirmtrackError

wording = typer.Typer(help="Your own wording for codes.", no_args_is_help=True)

CodeTerm = Annotated[str, typer.Argument(metavar="CODE", help="A code, as DCC writes it.")]


class UnknownCode(FirmtrackError):
    """No table of Firmtrack knows this code. If it is right, say so with --unknown-code."""


class NoWording(FirmtrackError):
    """There is no wording of yours for this code."""


@wording.command("list")
def list_wording(*, as_json: AsJson = False) -> None:
    """List your wording, by code."""
    with opened():
        from firmtrack.store.wording import list_wordings

        wordings = list_wordings()
        if as_json:
            print_json([asdict(each) for each in wordings])
            return
        table = Table("Code", prose("Text"), prose("Set by"), "Set")
        for each in wordings:
            table.add(each.code, each.text, each.set_by, minute(each.set_at))
        console.print(table if wordings else "No code has wording of your own.")


@wording.command("set")
def set_wording(
    code: CodeTerm,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A sentence, on one line.")],
    *,
    may_be_unknown: Annotated[
        bool, typer.Option("--unknown-code", help="Take a code that no table knows.")
    ] = False,
) -> None:
    """Say what a code means; shown in place of Firmtrack's words, and marked as yours."""
    with opened():
        from firmtrack.accounts.acting import operator_name
        from firmtrack.presentation.catalogue import CODES
        from firmtrack.store import wording as store

        if code not in CODES and not may_be_unknown:
            raise UnknownCode
        store.set_wording(code, text, set_by=getuser(), actor=operator_name())
        console.print(f"{code} is set.", markup=False)


@wording.command("clear")
def clear_wording(code: CodeTerm) -> None:
    """Take your wording back; Firmtrack's own is shown again."""
    with opened():
        from firmtrack.accounts.acting import operator_name
        from firmtrack.store import wording as store

        if not store.clear_wording(code, actor=operator_name()):
            raise NoWording
        console.print(f"{code} is cleared.", markup=False)
