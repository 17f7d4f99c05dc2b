"""``firmtrack session`` and ``provider``, and what operators do to how a person signs in."""

import sys
from typing import Annotated

import typer

from firmtrack.accounts.kinds import Role
from firmtrack.cli.options import AsJson, console, minute, print_json
from firmtrack.cli.session import opened
from firmtrack.cli.tables import Table, prose

session = typer.Typer(help="Where people are signed in.", no_args_is_help=True)
provider = typer.Typer(
    help="OpenID Connect providers by which a party's people sign in.", no_args_is_help=True
)

Email = Annotated[str, typer.Argument(help="The email address that the person signs in with.")]
UserOption = Annotated[
    str | None, typer.Option("--user", metavar="EMAIL", help="Of this person alone.")
]


def set_password(
    email: Email,
    *,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Give a person another password, and end their sessions; asks for the password."""
    with opened():
        from firmtrack.accounts import passwords, people

        person = people.person_named(email)
        password = (
            sys.stdin.readline().rstrip("\r\n")
            if password_stdin
            else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        )
        passwords.set_password(person, password)
        console.print(f"{person.email} has another password, and is signed in nowhere.")


def reset_totp(email: Email) -> None:
    """Remove a person's one-time codes, whose app is lost, and end their sessions.

    Whose party requires one-time codes sets them up anew at the next sign-in.
    """
    with opened():
        from firmtrack.accounts import passwords, people

        person = people.person_named(email)
        if passwords.reset_totp(person):
            console.print(f"{person.email} signs in without a one-time code.", markup=False)
        else:
            console.print(f"{person.email} had no one-time codes.", markup=False)


@session.command("list")
def list_sessions(*, email: UserOption = None, as_json: AsJson = False) -> None:
    """List where people are signed in, the last seen first."""
    with opened():
        from firmtrack.accounts import people, sessions
        from firmtrack.presentation.browsers import browser_text

        found = sessions.sessions_of(None if email is None else people.person_named(email))
        if as_json:
            print_json(
                {
                    "sessions": [
                        {
                            "session_id": each.session_id,
                            "email": each.email,
                            "party": each.party,
                            "address": each.address,
                            "browser": each.browser,
                            "began_at": each.began_at,
                            "last_seen_at": each.last_seen_at,
                        }
                        for each in found
                    ]
                }
            )
            return
        table = Table(
            "ID", "Who", prose("Party"), prose("Browser"), "Address", "Since", "Last seen"
        )
        for each in found:
            table.add(
                str(each.session_id),
                each.email,
                each.party,
                browser_text(each.browser),
                each.address,
                minute(each.began_at),
                minute(each.last_seen_at),
            )
        console.print(table if found else "Nobody is signed in.")


@session.command("end")
def end_sessions(
    session_id: Annotated[
        int | None, typer.Argument(metavar="[ID]", min=1, help="The session's ID.")
    ] = None,
    *,
    email: UserOption = None,
    everybody: Annotated[bool, typer.Option("--all", help="Of everybody.")] = False,
) -> None:
    """End a session, a person's sessions, or all."""
    if [session_id is not None, email is not None, everybody].count(True) != 1:
        raise typer.BadParameter("Give an ID, --user or --all.")
    with opened():
        from firmtrack.accounts import ending, people

        if session_id is not None:
            count = ending.end_one(session_id)
        elif email is not None:
            count = ending.end_of(people.person_named(email))
        else:
            count = ending.end_all()
        console.print(f"{count} {'session' if count == 1 else 'sessions'} ended.")


@provider.command("add")
def add_provider(
    slug: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="What its people enter to find it: lower-case words and hyphens."
        ),
    ],
    *,
    party_name: Annotated[str, typer.Option("--party", metavar="NAME", help="The party's name.")],
    issuer: Annotated[str, typer.Option(help="The provider's issuer, an https address.")],
    client_id: Annotated[str, typer.Option(help="As whom the provider knows Firmtrack.")],
    role_claim: Annotated[str, typer.Option(help="The claim that tells a person's role.")],
    roles: Annotated[
        list[str],
        typer.Option(
            "--role", metavar="VALUE=ROLE", help="The role of a value of it; may be repeated."
        ),
    ],
    email_claim: Annotated[str, typer.Option(help="The claim with the email address.")] = "email",
    trusts_email: Annotated[
        bool,
        typer.Option(
            "--trust-email", help="Believe email addresses that it does not call verified."
        ),
    ] = False,
    client_secret_stdin: Annotated[
        bool,
        typer.Option("--client-secret-stdin", help="Read the secret from standard input."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Have a party's people sign in by their organisation; asks for the client secret.

    A person's role is what the provider says at each sign-in; whom it gives none, it does not let
    in. Somebody new becomes a person of the party.
    """
    given = {value: _role(name) for value, _, name in (each.rpartition("=") for each in roles)}
    if not all(given):
        raise typer.BadParameter("--role must be as VALUE=ROLE.")
    with opened():
        from django.conf import settings

        from firmtrack.accounts import parties, providers
        from firmtrack.notices.addresses import check_address

        owner = parties.party_named(party_name)
        check_address(issuer, may_be_private=settings.ENVIRONMENT.provider_private_addresses)
        secret = (
            sys.stdin.readline().rstrip("\r\n")
            if client_secret_stdin
            else typer.prompt("Client secret", hide_input=True)
        )
        made = providers.add_provider(
            owner,
            providers.NewProvider(
                slug=slug,
                issuer=issuer,
                client_id=client_id,
                client_secret=secret,
                role_claim=role_claim,
                roles=given,
                email_claim=email_claim,
                trusts_email=trusts_email,
            ),
        )
        back = f"/sign-in/organisation/{made.slug}/return"
        if as_json:
            print_json({"name": made.slug, "party": owner.name, "redirect_path": back})
        else:
            console.print(f"Provider {made.slug} of {owner.name} added.", markup=False)
            console.print(
                f"Tell it to redirect to {back} below the portal's address.", markup=False
            )


@provider.command("list")
def list_providers(*, as_json: AsJson = False) -> None:
    """List the providers, by party."""
    with opened():
        from firmtrack.accounts import providers

        found = providers.list_providers()
        if as_json:
            print_json(
                {
                    "providers": [
                        {
                            "name": each.slug,
                            "party": each.party.name,
                            "issuer": each.issuer,
                            "client_id": each.client_id,
                            "role_claim": each.role_claim,
                            "roles": each.roles,
                            "email_claim": each.email_claim,
                            "trusts_email": each.trusts_email,
                            "added_at": each.added_at,
                        }
                        for each in found
                    ]
                }
            )
            return
        table = Table(
            "Name", prose("Party"), prose("Issuer"), prose("Client ID"), prose("Roles by")
        )
        for each in found:
            given = ", ".join(f"{value} = {role}" for value, role in each.roles.items())
            by = f"{each.role_claim}: {given}"
            table.add(each.slug, each.party.name, each.issuer, each.client_id, by)
        console.print(table if found else "There are no providers.")


@provider.command("remove")
def remove_provider(
    slug: Annotated[str, typer.Argument(metavar="NAME", help="The provider's name.")],
) -> None:
    """Remove a provider, and end the sessions of the people whom it let in."""
    with opened():
        from firmtrack.accounts import providers

        count = providers.remove_provider(slug)
        console.print(f"Provider {slug} removed; {count} sessions ended.", markup=False)


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise typer.BadParameter(f"{name!r} is no role, but one of {', '.join(Role)} is.") from None
