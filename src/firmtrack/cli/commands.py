"""Every command, by its name."""

from importlib.metadata import version
from typing import Annotated

import typer

from firmtrack.cli import (
    accounts,
    checking,
    inventory,
    lookups,
    messages,
    notices,
    performance,
    quarantine,
    recorded_messages,
    serving,
    simulation,
    wording,
)

app = typer.Typer(
    name="firmtrack",
    help="Firmware Distribution Tracking for Great Britain's smart meters.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:  # noqa: FBT001  # Typer calls it so
    if asked:
        typer.echo(version("firmtrack"))
        raise typer.Exit


@app.callback()
def firmtrack(
    *,
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Firmware Distribution Tracking for Great Britain's smart meters."""


app.command("serve")(serving.serve)
app.command("ingest")(messages.ingest)
app.add_typer(inventory.inventory, name="inventory")
app.add_typer(lookups.find, name="find")
app.command("export")(lookups.export)
app.command("simulate")(simulation.simulate)
app.add_typer(accounts.party, name="party")
app.add_typer(accounts.user, name="user")
app.add_typer(accounts.token, name="token")
app.add_typer(quarantine.quarantine, name="quarantine")
app.add_typer(recorded_messages.message, name="message")
app.add_typer(wording.wording, name="wording")
app.add_typer(notices.endpoint, name="endpoint")
app.add_typer(notices.notice, name="notice")
app.command("dispatch")(notices.dispatch)
app.add_typer(performance.performance, name="performance")
app.command("check")(checking.check)
