"""``firmtrack party``, ``user`` and ``token``: the accounts of an installation."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from firmtrack.accounts.kinds import PartyKind, Role, TokenScope
from firmtrack.cli.options import AsJson, console, minute, print_json
from firmtrack.cli.session import opened
from firmtrack.cli.sign_ins import reset_totp, set_password
from firmtrack.cli.tables import Table, prose

party = typer.Typer(help="Energy suppliers and DCC.", no_args_is_help=True)
user = typer.Typer(help="People who sign in.", no_args_is_help=True)
token = typer.Typer(help="Tokens for the API.", no_args_is_help=True)

PartyName = Annotated[str, typer.Option("--party", metavar="NAME", help="The party's name.")]
OnlyParty = Annotated[
    str | None, typer.Option("--party", metavar="NAME", help="Only those of this party.")
]
NamedParty = Annotated[str, typer.Argument(metavar="NAME", help="The party's name.")]
UserIdTerm = Annotated[str, typer.Argument(metavar="EUI", help="A User ID.")]
Email = Annotated[str, typer.Argument(help="The email address that the person signs in with.")]
Force = Annotated[
    bool,
    typer.Option("--force", help="Even if it leaves the party without an administrator."),
]

_ON_THIS_MACHINE = "http://127.0.0.1:8000"
_GREATEST_ID = 2**63 - 1  # of PostgreSQL's bigint


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


@party.command("list")
def list_parties(*, as_json: AsJson = False) -> None:
    """List the parties, by name."""
    with opened():
        from firmtrack.accounts import parties

        found = parties.list_parties()
        if as_json:
            print_json({"parties": [asdict(each) for each in found]})
            return
        table = Table(
            prose("Name"), "Kind", prose("User IDs"), "People", "Administrators", "One-time codes"
        )
        for each in found:
            table.add(
                each.name,
                each.kind,
                ", ".join(each.user_ids),
                str(each.people),
                str(each.administrators),
                "required" if each.requires_totp else "",
            )
        console.print(table if found else "There are no parties.")


@party.command("add-user-id")
def add_user_id(name: NamedParty, user_id: UserIdTerm) -> None:
    """Give a party a User ID; it sees all that this User sent and was sent."""
    with opened():
        from firmtrack.accounts import parties
        from firmtrack.domain.identifiers import Eui64

        parties.add_user_id(parties.party_named(name), Eui64.parse(user_id))
        console.print(f"{user_id.upper()} is now of {name}.", markup=False)


@party.command("remove-user-id")
def remove_user_id(name: NamedParty, user_id: UserIdTerm) -> None:
    """Take a User ID from a party; what the party saw and was told stays on record."""
    with opened():
        from firmtrack.accounts.parties import party_named
        from firmtrack.domain.identifiers import Eui64
        from firmtrack.notices import user_ids

        user_ids.remove_user_id(party_named(name), Eui64.parse(user_id))
        console.print(f"{user_id.upper()} is not of {name} any more.", markup=False)


@party.command("set")
def set_party(
    name: NamedParty,
    *,
    requires_totp: Annotated[
        bool | None,
        typer.Option(
            "--require-totp/--no-require-totp",
            help="Whether its people sign in with a one-time code as well.",
        ),
    ] = None,
) -> None:
    """Change what holds for a party."""
    if requires_totp is None:
        raise typer.BadParameter("Say what to change: --require-totp or --no-require-totp.")
    with opened():
        from firmtrack.accounts import parties

        changed = parties.require_totp(parties.party_named(name), is_required=requires_totp)
        what = "needs" if requires_totp else "does not need"
        console.print(
            f"{name} {what} one-time codes{'' if changed else ', as before'}.", markup=False
        )


@user.command("list")
def list_users(*, party_name: OnlyParty = None, as_json: AsJson = False) -> None:
    """List the people, by party and email address."""
    with opened():
        from firmtrack.accounts import parties, people

        owner = None if party_name is None else parties.party_named(party_name)
        found = people.list_people(owner)
        if as_json:
            print_json({"users": [asdict(each) for each in found]})
            return
        table = Table("Email address", prose("Party"), "Role", "State", "Added", "Last signed in")
        for each in found:
            table.add(
                each.email,
                each.party,
                each.role,
                each.state,
                minute(each.added_at),
                minute(each.last_signed_in_at),
            )
        console.print(table if found else "There is nobody.")


@user.command("disable")
def disable_user(email: Email, *, force: Force = False) -> None:
    """Have a person sign in no more; their sessions end and their tokens are revoked."""
    with opened():
        from firmtrack.accounts import people

        done = people.disable(people.person_named(email), may_be_last=force)
        _tell(email, "is disabled", is_new=done)


@user.command("enable")
def enable_user(email: Email) -> None:
    """Let a person sign in again; their tokens stay revoked."""
    with opened():
        from firmtrack.accounts import people

        _tell(email, "can sign in", is_new=people.enable(people.person_named(email)))


@user.command("role")
def change_role(
    email: Email,
    role: Annotated[Role, typer.Argument(help="What the person is to be in their party.")],
    *,
    force: Force = False,
) -> None:
    """Give a person another role; who may do less then loses their sessions and tokens."""
    with opened():
        from firmtrack.accounts import people

        done = people.change_role(people.person_named(email), role, may_be_last=force)
        _tell(email, f"is {Role(role)}", is_new=done)


@user.command("move")
def move_user(
    email: Email,
    *,
    party_name: PartyName,
    role: Annotated[
        Role | None, typer.Option(help="What the person is there; without it as `user add` has it.")
    ] = None,
    force: Force = False,
) -> None:
    """Make a person one of another party; their sessions end and their tokens are revoked."""
    with opened():
        from firmtrack.accounts import parties, people

        person, there = people.person_named(email), parties.party_named(party_name)
        _tell(
            email, f"is of {party_name}", is_new=people.move(person, there, role, may_be_last=force)
        )


@user.command("invite")
def invite_user(
    email: Email,
    *,
    party_name: PartyName,
    role: Annotated[
        Role | None, typer.Option(help="What the person is there; without it as `user add` has it.")
    ] = None,
    portal: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where people reach the portal, if FIRMTRACK_PUBLIC_ADDRESS is not it.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Invite a person, who chooses their own password by a link; prints it if it is not mailed."""
    with opened():
        from django.conf import settings

        from firmtrack.accounts import parties, people
        from firmtrack.web.invitations import invite

        person = people.invite_person(email, parties.party_named(party_name), role)
        link = invite(portal or settings.ENVIRONMENT.public_address or _ON_THIS_MACHINE, person)
        if as_json:
            print_json({"email": person.email, "role": person.role, "link": link})
        else:
            console.print(
                f"{person.email} is invited as {person.get_role_display()}: {link}", markup=False
            )


@user.command("add")
def add_user(
    email: Email,
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


@token.command("list")
def list_tokens(
    *,
    party_name: OnlyParty = None,
    include_all: Annotated[
        bool, typer.Option("--all", help="Also those that ended more than 90 days ago.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the tokens, by party, the newest first; their secrets are not kept."""
    with opened():
        from firmtrack.accounts import parties, tokens

        owner = None if party_name is None else parties.party_named(party_name)
        found = tokens.list_tokens(owner, include_all=include_all)
        if as_json:
            print_json({"tokens": [asdict(each) for each in found]})
            return
        table = Table("ID", prose("Name"), "Ending", prose("Party"), "Scopes", prose("Made by"),
                      "Expires", "Last used", "Revoked")  # fmt: skip
        for each in found:
            table.add(
                str(each.token_id),
                each.name,
                f"…{each.ending}",
                each.party,
                ", ".join(each.scopes),
                each.created_by or "operator",
                minute(each.expires_at) or "never",
                minute(each.last_used_at),
                minute(each.revoked_at) or ("" if each.is_good else "ended"),
            )
        console.print(table if found else "There are no tokens.")


@token.command("revoke")
def revoke_tokens(
    token_ids: Annotated[
        list[int],
        typer.Argument(
            metavar="ID…", min=1, max=_GREATEST_ID, help="Numbers, as `token list` has them."
        ),
    ],
) -> None:
    """Have tokens open nothing any more, from the next call on."""
    with opened():
        from firmtrack.accounts import tokens

        for token_id in token_ids:
            _tell(f"Token {token_id}", "is revoked", is_new=tokens.revoke_token(token_id))


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


def _tell(whom: str, what: str, *, is_new: bool) -> None:
    console.print(f"{whom} {what}{'' if is_new else ', as before'}.", markup=False)
