"""Parties and their User IDs: making them, finding them, changing whose a User ID is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q

from firmtrack.accounts.acting import record
from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party, PartyUserId, User
from firmtrack.accounts.permissions import ADMINISTRATORS
from firmtrack.domain.identifiers import Eui64
from firmtrack.errors import FirmtrackError
from firmtrack.store.acts import ActKind

_NAME_CHARACTERS = 100


class MalformedPartyName(FirmtrackError):
    """A party's name must have 1 to 100 printable characters, and no space at its ends."""


class PartyNameTaken(FirmtrackError):
    """A party of this name exists already."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"A party named {name!r} exists already.")


class UserIdTaken(FirmtrackError):
    """The User ID belongs to a party already."""

    def __init__(self, user_id: Eui64, owner: str) -> None:
        self.user_id = user_id
        self.owner = owner
        super().__init__(f"The User ID {user_id} belongs to {owner} already.")


class NotTheirUserId(FirmtrackError):
    """The User ID is not this party's; ``owner`` is whose it is, None if nobody's."""

    def __init__(self, user_id: Eui64, party: Party, owner: str | None) -> None:
        self.user_id = user_id
        self.owner = owner
        whose = "nobody" if owner is None else owner
        super().__init__(f"The User ID {user_id} is not of {party.name}: it belongs to {whose}.")


class UnknownParty(FirmtrackError):
    """No party has this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no party named {name!r}.")


def names_of_user_ids(user_ids: Iterable[Eui64]) -> dict[str, str]:
    """Return the name of each party by its User ID's text, of those that any party has."""
    texts = sorted(map(str, user_ids))
    if not texts:
        return {}
    found = PartyUserId.objects.filter(user_id__in=texts)
    return dict(found.values_list("user_id", "party__name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartySummary:
    """A party as operators list it; ``people`` are those who are not disabled."""

    name: str
    kind: PartyKind
    user_ids: Sequence[str]
    people: int
    administrators: int
    requires_totp: bool


def add_party(name: str, kind: PartyKind, user_ids: Iterable[Eui64]) -> Party:
    """Return a new party with its User IDs, each of which may be given more than once.

    Nothing is stored if the name or a User ID is taken: raises PartyNameTaken, UserIdTaken. Raises
    MalformedPartyName.
    """
    if not 1 <= len(name) <= _NAME_CHARACTERS or not name.isprintable() or name != name.strip():
        raise MalformedPartyName
    # Its own transaction, unlike other writes here: a party without some of its User IDs would be
    # shown less than is its own.
    with transaction.atomic():
        party, is_new = Party.objects.get_or_create(name=name, defaults={"kind": kind})
        if not is_new:
            raise PartyNameTaken(name)
        record(None, name, ActKind.PARTY_ADDED, name, party.get_kind_display())
        for user_id in dict.fromkeys(user_ids):
            _give(party, user_id)
    return party


def add_user_id(party: Party, user_id: Eui64) -> None:
    """Give the party a User ID: from now on all of that User's is theirs. Raises UserIdTaken."""
    with transaction.atomic():
        _give(party, user_id)


def remove_user_id(party: Party, user_id: Eui64) -> None:
    """Take a User ID from the party: from now on it sees nothing of it. Raises NotTheirUserId.

    What the party saw, and that it did, stays on record. Its queued notices are not known here:
    firmtrack.notices.user_ids.
    """
    with transaction.atomic():
        removed, _ = PartyUserId.objects.filter(party=party, user_id=str(user_id)).delete()
        if not removed:
            owner = PartyUserId.objects.filter(user_id=str(user_id)).first()
            raise NotTheirUserId(user_id, party, None if owner is None else owner.party.name)
        record(None, party.name, ActKind.USER_ID_REMOVED, str(user_id))


def require_totp(party: Party, *, is_required: bool) -> bool:
    """Have the party's people sign in with a one-time code, or not; return whether that is new."""
    with transaction.atomic():
        changed = Party.objects.filter(pk=party.pk).exclude(requires_totp=is_required)
        if not changed.update(requires_totp=is_required):
            return False
        said = "one-time codes required" if is_required else "one-time codes not required"
        record(None, party.name, ActKind.PARTY_CHANGED, party.name, said)
    return True


def party_names() -> list[str]:
    """Return the names of all parties, in order."""
    return list(Party.objects.order_by("name").values_list("name", flat=True))


def list_parties() -> list[PartySummary]:
    """Return all parties by name."""
    active = Q(people__is_active=True)
    administrators = Q(people__role__in=ADMINISTRATORS)
    parties = (
        Party.objects.order_by("name")
        .prefetch_related("user_ids")
        .annotate(
            people_count=Count("people", filter=active),
            administrator_count=Count("people", filter=active & administrators),
        )
    )
    return [
        PartySummary(
            name=each.name,
            kind=PartyKind(each.kind),
            user_ids=sorted(row.user_id for row in each.user_ids.all()),
            people=each.people_count,
            administrators=each.administrator_count,
            requires_totp=each.requires_totp,
        )
        for each in parties
    ]


def suppliers() -> dict[Eui64, str]:
    """Return the name of the party of every User ID, by name and then User ID."""
    rows = PartyUserId.objects.order_by("party__name", "user_id")
    return {Eui64.parse(text): name for text, name in rows.values_list("user_id", "party__name")}


def party_named(name: str) -> Party:
    """Return the party of exactly this name. Raises UnknownParty."""
    party = Party.objects.filter(name=name).first()
    if party is None:
        raise UnknownParty(name)
    return party


def administrators_of(party: Party) -> list[str]:
    """Return the addresses of the party's administrators who can sign in, in order."""
    people = User.objects.filter(party=party, is_active=True, role__in=ADMINISTRATORS)
    return list(people.order_by("email").values_list("email", flat=True))


def _give(party: Party, user_id: Eui64) -> None:
    row, is_new = PartyUserId.objects.select_related("party").get_or_create(
        user_id=str(user_id), defaults={"party": party}
    )
    if not is_new:
        raise UserIdTaken(user_id, row.party.name)
    record(None, party.name, ActKind.USER_ID_ADDED, str(user_id))
