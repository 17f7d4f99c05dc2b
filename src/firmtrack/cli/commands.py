"""Every command, by its name."""

from typing import Annotated

import typer

from firmtrack.cli.later import Later, LaterGroup

_COMMANDS = (
    Later("serve", "serving:serve", "Serve the portal and the API until interrupted."),
    Later("ingest", "messages:ingest", "Take messages in. Doing it again changes nothing."),
    Later(
        "export",
        "lookups:export",
        "Write a Service Request's devices as CSV or .xlsx to a file, or to standard output.",
    ),
    Later(
        "simulate",
        "simulation:simulate",
        "Write the messages of a small Great Britain, and beside them what DCC's inventory holds.",
    ),
    Later(
        "dispatch",
        "notices:dispatch",
        "Send notices until interrupted; any number of these may run at once.",
    ),
    Later(
        "worker",
        "working:worker",
        "Take messages from the stream until interrupted; any number of these may run at once.",
    ),
    Later(
        "check",
        "checking:check",
        "Compute every current status anew from its events, and say where the store disagrees.",
    ),
    Later(
        "migrate",
        "migrating:migrate",
        "Bring the database to this version, and read again what an older one read otherwise.",
    ),
    Later(
        "prune",
        "pruning:prune",
        "Let go, for good, what is older than the settings have it kept: whole months.",
    ),
    Later("db", "databases:db", "Where the database's tables lie."),
    Later("doctor", "examining:doctor", "Look for what is wrong, and say what to do about it."),
    Later("inventory", "inventory:inventory", "Take in what DCC's inventory holds."),
    Later("find", "lookups:find", "Look up a Service Request or a device."),
    Later(
        "requests",
        "requests:requests",
        "List Service Requests, newest first, and how each stands now.",
    ),
    Later(
        "causes",
        "causes:causes",
        "Show what failures, and updates that stand still, have in common.",
    ),
    Later("party", "accounts:party", "Energy suppliers and DCC."),
    Later("user", "accounts:user", "People who sign in."),
    Later("token", "accounts:token", "Tokens for the API."),
    Later("audit", "audit:audit", "Who looked up and did what."),
    Later("session", "sign_ins:session", "Where people are signed in."),
    Later(
        "provider",
        "sign_ins:provider",
        "OpenID Connect providers by which a party's people sign in.",
    ),
    Later("quarantine", "quarantine:quarantine", "Messages that could not be taken."),
    Later("message", "recorded_messages:message", "Recorded messages: seen, and taken back."),
    Later("wording", "wording:wording", "Your own wording for codes."),
    Later("endpoint", "notices:endpoint", "Where notices of changes are sent."),
    Later("notice", "notices:notice", "What parties were notified of."),
    Later("performance", "performance:performance", "Keep delivery performance fresh."),
    Later(
        "completion",
        "completion:completion",
        "Print what has a shell complete commands, options and values.",
    ),
)


class _Commands(LaterGroup):
    later = _COMMANDS


# What --help is where it is not given. Typer would read that it has no value by Pydantic, whose
# import takes longer than all else.
_NO_HELP: dict[str | None, object] = {"help": False}

app = typer.Typer(
    name="firmtrack",
    cls=_Commands,
    help="Firmware Distribution Tracking for Great Britain's smart meters.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"default_map": _NO_HELP | {each.name: _NO_HELP for each in _COMMANDS}},
)


def _print_version(asked: bool) -> None:  # noqa: FBT001  # Typer calls it so
    if asked:
        from importlib.metadata import version

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
