"""The people who sign in."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from firmtrack.accounts.kinds import PartyKind, Role
from firmtrack.accounts.models import Party, User
from firmtrack.accounts.permissions import ROLES
from firmtrack.errors import FirmtrackError

_UNCHECKED = {field.name for field in User._meta.fields} - {"email"}


class MalformedEmail(FirmtrackError):
    """The text is not an e-mail address."""

    def __init__(self, email: str) -> None:
        self.email = email[:254]
        super().__init__(f"{self.email!r} is not an e-mail address.")


class EmailTaken(FirmtrackError):
    """Someone signs in with this e-mail address already."""

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__(f"Someone signs in as {email} already.")


class WeakPassword(FirmtrackError):
    """The password is too easy to guess; ``problems`` are sentences that say why."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems))


class RoleNotOfParty(FirmtrackError):
    """People of this party cannot have this role."""

    def __init__(self, role: Role, party: Party) -> None:
        self.role = role
        super().__init__(
            f"People of {party.name} cannot have the role {role}, but"
            f" {' or '.join(ROLES[PartyKind(party.kind)])}."
        )


class UnknownPerson(FirmtrackError):
    """Nobody signs in with this e-mail address."""

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__(f"Nobody signs in as {email}.")


def role_of(user: User) -> Role:
    """Return what a person is in their party."""
    return Role(user.role)


def usual_role(party: Party) -> Role:
    """Return the role of who is added to ``party``: its first person administers it."""
    usual, administrator = ROLES[PartyKind(party.kind)]
    return usual if User.objects.filter(party=party).exists() else administrator


def checked_role(role: Role, party: Party) -> Role:
    """Return ``role``. Raises RoleNotOfParty if people of ``party`` cannot have it."""
    if role not in ROLES[PartyKind(party.kind)]:
        raise RoleNotOfParty(role, party)
    return role


def person_named(email: str) -> User:
    """Return who signs in as ``email``, in whatever case. Raises UnknownPerson."""
    address = email.strip().lower()
    person = User.objects.select_related("party").filter(email=address).first()
    if person is None:
        raise UnknownPerson(address)
    return person


def add_user(email: str, party: Party, password: str, role: Role | None = None) -> User:
    """Return a new person of ``party`` who signs in as ``email``, in whatever case.

    Without a role they have the usual one. Raises RoleNotOfParty, MalformedEmail, EmailTaken, or
    WeakPassword by the settings' password validators.
    """
    role = usual_role(party) if role is None else checked_role(role, party)
    address = email.strip().lower()
    try:
        User(email=address).clean_fields(exclude=_UNCHECKED)
    except ValidationError:
        raise MalformedEmail(email) from None
    try:
        validate_password(password, user=User(email=address))
    except ValidationError as error:
        raise WeakPassword(tuple(error.messages)) from None
    user, is_new = User.objects.get_or_create(
        email=address, defaults={"party": party, "role": role, "password": make_password(password)}
    )
    if not is_new:
        raise EmailTaken(address)
    return user
