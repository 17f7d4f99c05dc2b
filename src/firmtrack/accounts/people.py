"""The people who sign in: adding and inviting them, their roles, and their leaving.

Whoever changes people is ``by``, None for an operator. A person who is disabled, moved or demoted
loses what they had in the same transaction: their sessions end, and their tokens are revoked on
record.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from firmtrack.accounts.acting import changing, record
from firmtrack.accounts.kinds import PartyKind, Role
from firmtrack.accounts.models import Party, User
from firmtrack.accounts.permissions import ADMINISTRATORS, ROLES, Permission, is_demotion
from firmtrack.accounts.sessions import end_sessions_of
from firmtrack.accounts.tokens import revoke_tokens_of
from firmtrack.errors import FirmtrackError
from firmtrack.store.acts import ActKind

_UNCHECKED = {field.name for field in User._meta.fields} - {"email"}
_ELSEWHERE = "to another organisation"

_HAS_NO_PASSWORD = Q(password="") | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
_WAITS_FOR_THEM = Q(invited_at__isnull=False, last_login__isnull=True) & _HAS_NO_PASSWORD


class MalformedEmail(FirmtrackError):
    """The text is not an email address."""

    def __init__(self, email: str) -> None:
        self.email = email[:254]
        super().__init__(f"{self.email!r} is not an email address.")


class EmailTaken(FirmtrackError):
    """Someone signs in with this email address already."""

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
    """Nobody signs in with this email address."""

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__(f"Nobody signs in as {email}.")


class LastAdministrator(FirmtrackError):
    """Nobody else could look after the party's people any more: give someone the role first."""

    def __init__(self, user: User) -> None:
        super().__init__(
            f"{user.email} is the last administrator of {user.party.name}. Make somebody else"
            " administrator first, or say --force: then only operators look after its people."
        )


class PersonState(StrEnum):
    """Whether a person can sign in."""

    ACTIVE = "active"
    INVITED = "invited"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSummary:
    """A person as operators list them."""

    email: str
    party: str
    role: Role
    state: PersonState
    added_at: datetime
    last_signed_in_at: datetime | None
    disabled_at: datetime | None


def role_of(user: User) -> Role:
    """Return what a person is in their party."""
    return Role(user.role)


def state_of(user: User) -> PersonState:
    """Return whether a person can sign in, or has not answered their invitation yet."""
    if not user.is_active:
        return PersonState.DISABLED
    waits = user.invited_at is not None and user.last_login is None
    return PersonState.INVITED if waits and not _has_password(user) else PersonState.ACTIVE


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


def people_of(party: Party) -> QuerySet[User]:
    """Return the people of ``party``, disabled ones too, by email address."""
    return User.objects.filter(party=party).order_by("email")


def list_people(party: Party | None = None) -> Sequence[PersonSummary]:
    """Return the people of ``party``, or of all, by party and email address."""
    people = User.objects.select_related("party").order_by("party__name", "email")
    return [
        PersonSummary(
            email=each.email,
            party=each.party.name,
            role=role_of(each),
            state=state_of(each),
            added_at=each.added_at,
            last_signed_in_at=each.last_login,
            disabled_at=each.disabled_at,
        )
        for each in (people if party is None else people.filter(party=party))
    ]


def add_user(email: str, party: Party, password: str, role: Role | None = None) -> User:
    """Return a new person of ``party`` who signs in as ``email``, in whatever case.

    Without a role they have the usual one. Raises RoleNotOfParty, MalformedEmail, EmailTaken, or
    WeakPassword by the settings' password validators.
    """
    address = _address(email)
    try:
        validate_password(password, user=User(email=address))
    except ValidationError as error:
        raise WeakPassword(tuple(error.messages)) from None
    with _changing(party, None):
        role = usual_role(party) if role is None else checked_role(role, party)
        user = _new(address, party, role, password=make_password(password))
        record(None, party.name, ActKind.PERSON_ADDED, address, user.get_role_display())
    return user


def invite_person(
    email: str, party: Party, role: Role | None = None, *, by: User | None = None
) -> User:
    """Return a new person of ``party`` who has no password until they choose one.

    How they choose it is firmtrack.web.invitations. Whose invitation waits is invited again. Raises
    RoleNotOfParty, MalformedEmail, EmailTaken, NoLongerAllowed.
    """
    address = _address(email)
    with _changing(party, by):
        role = usual_role(party) if role is None else checked_role(role, party)
        waiting = User.objects.filter(_WAITS_FOR_THEM, email=address, party=party, is_active=True)
        user = waiting.first()
        if user is None:
            user = _new(address, party, role, password=make_password(None), invited_at=_now())
        else:
            user.role, user.invited_at = role, _now()
            user.save(update_fields=["role", "invited_at"])
        record(by, party.name, ActKind.PERSON_INVITED, address, user.get_role_display())
    return user


def disable(user: User, *, by: User | None = None, may_be_last: bool = False) -> bool:
    """Have the person sign in no more, and end all that is theirs; return whether that is new.

    Raises LastAdministrator unless ``may_be_last``, and NoLongerAllowed.
    """
    with _changing(user.party, by):
        person = _as_they_are(user)
        if not person.is_active:
            return False
        _keep_an_administrator(person, may_be_last=may_be_last)
        person.is_active, person.disabled_at = False, _now()
        person.save(update_fields=["is_active", "disabled_at"])
        _end_what_they_had(person, by)
        record(by, person.party.name, ActKind.PERSON_DISABLED, person.email)
    return True


def enable(user: User, *, by: User | None = None) -> bool:
    """Let the person sign in again; return whether that is new. Their tokens stay revoked.

    Raises NoLongerAllowed.
    """
    with _changing(user.party, by):
        person = _as_they_are(user)
        if person.is_active:
            return False
        person.is_active, person.disabled_at = True, None
        person.save(update_fields=["is_active", "disabled_at"])
        record(by, person.party.name, ActKind.PERSON_ENABLED, person.email)
    return True


def change_role(
    user: User, role: Role, *, by: User | None = None, may_be_last: bool = False
) -> bool:
    """Give the person another role; return whether that is new.

    Who may do less then signs in again, and their tokens are revoked. Raises RoleNotOfParty,
    LastAdministrator unless ``may_be_last``, NoLongerAllowed.
    """
    with _changing(user.party, by):
        person = _as_they_are(user)
        if checked_role(role, person.party) is role_of(person):
            return False
        if role not in ADMINISTRATORS:
            _keep_an_administrator(person, may_be_last=may_be_last)
        _give(person, role, by, "")
    return True


def follow_role(user: User, role: Role, provider: str) -> None:
    """Have a person who signs in be what their party's ``provider`` says, even its last one.

    In a transaction that holds the person. Who may do less loses what they had.
    """
    if role_of(user) is not role:
        _give(user, role, user, f", by {provider}")


def move(user: User, party: Party, role: Role | None = None, *, may_be_last: bool = False) -> bool:
    """Make the person one of another party, by an operator; return whether that is new.

    All that was theirs ends. Without a role they have that party's usual one. Raises
    RoleNotOfParty, LastAdministrator unless ``may_be_last``.
    """
    # The parties' locks in one order, whoever moves whom where.
    first, second = sorted((user.party, party), key=lambda each: each.pk)
    with _changing(first, None), _changing(second, None):
        person = _as_they_are(user)
        left = person.party
        if left == party:
            return False
        _keep_an_administrator(person, may_be_last=may_be_last)
        role = usual_role(party) if role is None else checked_role(role, party)
        person.party, person.role = party, role
        person.save(update_fields=["party", "role"])
        _end_what_they_had(person, None)
        # Neither party is told which the other is.
        record(None, left.name, ActKind.PERSON_MOVED, person.email, _ELSEWHERE)
        said = f"here, as {person.get_role_display()}"
        record(None, party.name, ActKind.PERSON_MOVED, person.email, said)
    return True


def end_sessions(user: User, *, by: User | None = None) -> int:
    """End all of the person's sessions, and return how many there were. Raises NoLongerAllowed."""
    with _changing(user.party, by):
        person = _as_they_are(user)
        count = end_sessions_of(person)
        record(by, person.party.name, ActKind.SESSION_ENDED, person.email, f"all: {count}")
    return count


def _changing(party: Party, by: User | None) -> AbstractContextManager[None]:
    return changing(party, by, Permission.MANAGE_PEOPLE)


def _as_they_are(user: User) -> User:
    return User.objects.select_related("party").get(pk=user.pk)


def _keep_an_administrator(person: User, *, may_be_last: bool) -> None:
    """Raise LastAdministrator if no other could sign in: an invitation may never be answered."""
    if may_be_last or not person.is_active or role_of(person) not in ADMINISTRATORS:
        return
    others = User.objects.filter(party=person.party, role__in=ADMINISTRATORS, is_active=True)
    if not others.exclude(_WAITS_FOR_THEM).exclude(pk=person.pk).exists():
        raise LastAdministrator(person)


def _give(person: User, role: Role, by: User | None, whence: str) -> None:
    before, was = role_of(person), person.get_role_display()
    person.role = role
    person.save(update_fields=["role"])
    if is_demotion(before, role):
        _end_what_they_had(person, by)
    said = f"from {was} to {person.get_role_display()}{whence}"
    record(by, person.party.name, ActKind.ROLE_CHANGED, person.email, said)


def _end_what_they_had(person: User, by: User | None) -> None:
    end_sessions_of(person)
    revoke_tokens_of(person, by=by)


def _address(email: str) -> str:
    address = email.strip().lower()
    try:
        User(email=address).clean_fields(exclude=_UNCHECKED)
    except ValidationError:
        raise MalformedEmail(email) from None
    return address


def _new(
    email: str, party: Party, role: Role, *, password: str, invited_at: datetime | None = None
) -> User:
    user, is_new = User.objects.get_or_create(
        email=email,
        defaults={"party": party, "role": role, "password": password, "invited_at": invited_at},
    )
    if not is_new:
        raise EmailTaken(email)
    return user


def _has_password(user: User) -> bool:
    return bool(user.password) and not user.password.startswith(UNUSABLE_PASSWORD_PREFIX)


def _now() -> datetime:
    return datetime.now(UTC)
