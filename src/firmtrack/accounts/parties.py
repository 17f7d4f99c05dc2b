"""Parties and their User IDs: making them and finding them."""

from collections.abc import Iterable

from django.db import transaction

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party, PartyUserId
from firmtrack.domain.identifiers import Eui64
from firmtrack.errors import FirmtrackError

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


class UnknownParty(FirmtrackError):
    """No party has this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no party named {name!r}.")


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
        for user_id in dict.fromkeys(user_ids):
            row, is_new = PartyUserId.objects.select_related("party").get_or_create(
                user_id=str(user_id), defaults={"party": party}
            )
            if not is_new:
                raise UserIdTaken(user_id, row.party.name)
    return party


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
