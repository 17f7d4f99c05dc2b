"""What people and tokens may see: the one place where an account becomes a viewer."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party, User
from firmtrack.accounts.tokens import TokenHolder
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.viewer import Viewer

_READER = """
SELECT u.email, u.party_id, p.name, p.kind,
    ARRAY(SELECT i.user_id FROM accounts_partyuserid AS i WHERE i.party_id = p.id)
FROM accounts_user AS u
JOIN accounts_party AS p ON p.id = u.party_id
WHERE u.id = %s AND u.is_active
"""


def viewer_of(user: User) -> Viewer:
    """Return what a signed-in person may see; the audit names them by email address."""
    return _viewer(user.email, user.party.name, *_reach_of(user.party_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who may sign in, as the database has them in a transaction."""

    email: str
    party_id: int
    viewer: Viewer


def reader_of(connection: Connection[TupleRow], person_id: int) -> Reader | None:
    """Return what a person may see, in a transaction; None if they may not sign in.

    For what is told to them while they are away.
    """
    row = connection.execute(_READER, (person_id,)).fetchone()
    if row is None:
        return None
    email, party_id, name, kind, user_ids = row
    viewer = _viewer(email, name, PartyKind(kind), map(Eui64.parse, user_ids))
    return Reader(email=email, party_id=party_id, viewer=viewer)


def owner_of(user: User) -> Viewer:
    """Return a viewer of the person's party's own alone: DCC's staff manage no one else's."""
    return Viewer.of_user_ids(user.email, _reach_of(user.party_id)[1], party=user.party.name)


def viewer_of_party(party: Party) -> Viewer:
    """Return what any person of ``party`` may see; the audit names the party.

    An operator asks: it is no look-up of the party's own.
    """
    return _viewer(party.name, None, *_reach_of(party.pk))


def viewer_of_token(holder: TokenHolder) -> Viewer:
    """Return what a token's holder may see; the audit names the party and the token's ending."""
    name = f"{holder.party_name} (API token …{holder.ending})"
    return _viewer(name, holder.party_name, holder.party_kind, holder.user_ids)


def _viewer(name: str, party: str | None, kind: PartyKind, user_ids: Iterable[Eui64]) -> Viewer:
    if kind is PartyKind.DCC:
        return Viewer.of_dcc(name, party=party)
    sees_others = settings.ENVIRONMENT.change_of_supplier_view
    return Viewer.of_user_ids(name, user_ids, party=party, sees_others_updates=sees_others)


def _reach_of(party_id: int) -> tuple[PartyKind, list[Eui64]]:
    # One statement: a party without User IDs still has the one row that tells its kind.
    rows = Party.objects.filter(pk=party_id).values_list("kind", "user_ids__user_id")
    kinds = {kind for kind, _ in rows}
    return PartyKind(kinds.pop()), [Eui64.parse(text) for _, text in rows if text is not None]
