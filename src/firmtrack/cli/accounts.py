"""``firmtrack party``, ``user`` and ``token``: the accounts of an installation."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from firmtrack.accounts.kinds import PartyKind, Role, TokenScope
from firmtrack.cli.options import AsJson, console, print_json
from firmtrack.cli.session import opened
from firmtrack.cli.sign_ins import reset_totp, set_password

party = typer.Typer(help="Energy suppliers and DCC.", no_args_is_help=True)
user = typer.Typer(help="People who sign in.", no_args_is_help=True)
token = typer.Typer(help="Tokens for the API.", no_args_is_help=True)

PartyName = Annotated[str, typer.Option("--party", metavar="NAME", help="The party's name.")]


@party.callback()
@user.callback()
@token.callback()
def group() -> None:
    """Keep a group of one command a group."""


@party.command("add")
def add_party(
    name: Annotated[str, typer.Argument(help="The party's name.")],
    *,
    kind: Annotated[PartyKind, typer.Option(help="What kind of party it is.")],
    user_ids: Annotated[
        list[str], typer.Option("--user-id", metavar="EUI", help="A User ID; may be repeated.")
    ] = [],  # noqa: B006  # Typer reads the default and never changes it
) -> None:
    """Make a party. It sees the requests that its User IDs originate; DCC sees all."""
    with opened():
        from firmtrack.accounts import parties
        from firmtrack.domain.identifiers import Eui64

        made = parties.add_party(name, kind, map(Eui64.parse, user_ids))
        console.print(f"Party {made.name} added.", markup=False)


@user.command("add")
def add_user(
    email: Annotated[str, typer.Argument(help="The e-mail address that the person signs in with.")],
    *,
    party_name: PartyName,
    role: Annotated[
        Role | None,
        typer.Option(
            help="What the person is in the party; without it the first one administers it, and"
            " others look up."
        ),
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Make a person who signs in; asks for the password."""
    with opened():
        from firmtrack.accounts import parties, people

        owner = parties.party_named(party_name)
        password = (
            sys.stdin.readline().rstrip("\r\n")
            if password_stdin
            else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        )
        made = people.add_user(email, owner, password, role)
        console.print(f"{email} added as {made.get_role_display()}.", markup=False)


user.command("password")(set_password)
user.command("reset-totp")(reset_totp)


@token.command("create")
def create_token(
    *,
    party_name: PartyName,
    scopes: Annotated[
        list[TokenScope], typer.Option("--scope", help="What the token may do; may be repeated.")
    ],
    expires: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS", min=1, max=3650, help="Days until it expires; 90 unless you say."
        ),
    ] = None,
    never_expires: Annotated[
        bool, typer.Option("--never-expires", help="Until it is revoked.")
    ] = False,
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make an API token and print it; it is shown this once."""
    if never_expires and expires is not None:
        raise typer.BadParameter("Give --expires or --never-expires, not both.")
    with opened():
        from firmtrack.accounts import parties, tokens

        now = datetime.now(UTC)
        lifetime = tokens.LIFETIME if expires is None else timedelta(days=expires)
        secret = tokens.create_token(
            parties.party_named(party_name),
            *scopes,
            created_at=now,
            expires_at=None if never_expires else now + lifetime,
            name=name,
        )
        if as_json:
            print_json({"token": secret})
        else:
            console.print(secret, markup=False)
