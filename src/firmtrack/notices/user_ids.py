"""Taking a User ID from a party: what it was to be told of it stops in the same transaction."""

from django.db import connection, transaction

from firmtrack.accounts import parties
from firmtrack.accounts.models import Party
from firmtrack.domain.identifiers import Eui64
from firmtrack.notices import statement
from firmtrack.store.locks import AdvisoryKey, take
from firmtrack.store.numbers import to_bigint

_DROP_QUEUED = "DELETE FROM status_change WHERE user_id = %s"
_GIVE_UP_WAITING = """
UPDATE notice AS n SET state = 'dead', settled_at = now()
FROM notice_endpoint AS e
WHERE e.endpoint_id = n.endpoint_id AND coalesce(e.party_id, e.person_party_id) = %s
  AND n.user_id = %s AND n.state = 'waiting'
"""
_GIVE_UP_CAUSES = """
UPDATE notice AS n SET state = 'dead', settled_at = now()
FROM watch AS w
WHERE w.notice_id = n.notice_id AND w.party_id = %s AND w.cause_id IS NOT NULL
  AND n.state = 'waiting'
"""
_GIVE_UP_INCIDENTS = statement("give_up_incidents").decode()


def remove_user_id(party: Party, user_id: Eui64) -> None:
    """Take a User ID from the party: it sees nothing of it any more, and is told nothing more.

    What it was told, and what it looked up, stays on record. Raises NotTheirUserId.
    """
    number = to_bigint(user_id)
    with transaction.atomic(), connection.cursor() as cursor:
        # Whoever composes the party's notices holds this: none is composed meanwhile, and whoever
        # comes next reads which User IDs the party has.
        take(connection.connection, AdvisoryKey.COMPOSING, party.pk)
        parties.remove_user_id(party, user_id)
        cursor.execute(_DROP_QUEUED, (number,))
        cursor.execute(_GIVE_UP_WAITING, (party.pk, number))
        cursor.execute(_GIVE_UP_CAUSES, (party.pk,))  # which may be told of its updates
        cursor.execute(_GIVE_UP_INCIDENTS, {"party_id": party.pk, "user_id": number})
