"""The record of every act: who signed in, changed rights, made tokens, took messages back.

Look-ups have a record of their own (``audit``). An act is recorded in the transaction that does it,
so that nothing is done which is not on record, nor the other way.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from firmtrack.store import statement

_CHARACTERS = 500

OPERATOR = "operator"
"""How the audit names whoever runs a command, with the name that the machine knows them by."""


class ActKind(StrEnum):
    """What was done."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # a kind of act
    PASSWORD_RESET_ASKED = "password_reset_asked"  # noqa: S105  # a kind of act
    TOTP_ADDED = "totp_added"
    TOTP_REMOVED = "totp_removed"
    SESSION_ENDED = "session_ended"
    PERSON_ADDED = "person_added"
    PERSON_INVITED = "person_invited"
    PERSON_DISABLED = "person_disabled"
    PERSON_ENABLED = "person_enabled"
    PERSON_MOVED = "person_moved"
    ROLE_CHANGED = "role_changed"
    TOKEN_CREATED = "token_created"  # noqa: S105  # a kind of act
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  # a kind of act
    PARTY_ADDED = "party_added"
    PARTY_CHANGED = "party_changed"
    USER_ID_ADDED = "user_id_added"
    USER_ID_REMOVED = "user_id_removed"
    PROVIDER_ADDED = "provider_added"
    PROVIDER_REMOVED = "provider_removed"
    ENDPOINT_ADDED = "endpoint_added"
    ENDPOINT_CHANGED = "endpoint_changed"
    ENDPOINT_REMOVED = "endpoint_removed"
    WATCH_SET = "watch_set"
    WATCH_ENDED = "watch_ended"
    CAUSE_NOTED = "cause_noted"
    WORDING_SET = "wording_set"
    WORDING_CLEARED = "wording_cleared"
    QUARANTINE_REPLAYED = "quarantine_replayed"
    QUARANTINE_DISCARDED = "quarantine_discarded"
    MESSAGES_WITHDRAWN = "messages_withdrawn"
    MESSAGES_RESTORED = "messages_restored"
    PRUNE_BEGUN = "prune_begun"
    PRUNED = "pruned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something done. ``actor`` is how the audit names who did it.

    ``party`` is the name of the party whose administrators are told: whose person, token or User ID
    it is about. None: nobody but DCC's are. ``subject`` is whom or what it was done to.
    """

    actor: str
    party: str | None
    kind: ActKind
    subject: str
    detail: str = ""


class Executes(Protocol):
    """A connection or a cursor, psycopg's or Django's."""

    def execute(self, query: Any, params: Any, /) -> Any:
        """Execute a statement."""


def record_act(at: Executes, act: Act) -> None:
    """Record an act in the transaction of ``at``."""
    at.execute(
        statement("record_act").decode(),
        (act.actor, act.party, act.kind.value, act.subject[:_CHARACTERS], act.detail[:_CHARACTERS]),
    )
