"""API tokens: made once, kept as digests, checked with one statement."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import LiteralString

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.models import ApiToken, Party
from firmtrack.domain.identifiers import Eui64

_PREFIX = "ft_"
# 36 octets are 288 bits: 256 stay secret although the last characters are kept in the clear.
_SECRET_BYTES = 36
_ENDING_CHARACTERS = 4
_FORM = re.compile(rf"{_PREFIX}[A-Za-z0-9_-]{{{_SECRET_BYTES * 4 // 3}}}")

_AUTHENTICATE: LiteralString = """
    SELECT party.name, party.kind, token.scopes, token.ending,
           ARRAY(SELECT user_id FROM accounts_partyuserid WHERE party_id = party.id)
    FROM accounts_apitoken AS token
    JOIN accounts_party AS party ON party.id = token.party_id
    WHERE token.digest = %s
      AND token.revoked_at IS NULL
      AND (token.expires_at IS NULL OR token.expires_at > now())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenHolder:
    """On whose behalf a request with a valid token comes, and what it may do."""

    party_name: str
    party_kind: PartyKind
    scopes: frozenset[TokenScope]
    user_ids: frozenset[Eui64]
    ending: str


def create_token(
    party: Party,
    *scopes: TokenScope,
    created_at: datetime,
    expires_at: datetime | None = None,
) -> str:
    """Return the secret of a new token: this is the only time that anyone can see it."""
    secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    ApiToken.objects.create(
        party=party,
        scopes=" ".join(scope for scope in TokenScope if scope in scopes),
        digest=_digest_of(secret),
        ending=secret[-_ENDING_CHARACTERS:],
        created_at=created_at,
        expires_at=expires_at,
    )
    return secret


def looks_like_token(secret: str | None) -> bool:
    """Return whether it has the form of a token's secret; only the database knows if it is one."""
    return secret is not None and _FORM.fullmatch(secret) is not None


def authenticate_token(connection: Connection[TupleRow], secret: str) -> TokenHolder | None:
    """Return who holds the token, None if it is unknown, expired or revoked.

    One statement, and not through Django's models: this is on the way of every API call.
    """
    row = connection.execute(_AUTHENTICATE, (_digest_of(secret),), prepare=True).fetchone()
    if row is None:
        return None
    party_name, party_kind, scopes, ending, user_ids = row
    return TokenHolder(
        party_name=party_name,
        party_kind=PartyKind(party_kind),
        scopes=frozenset(map(TokenScope, scopes.split())),
        user_ids=frozenset(map(Eui64.parse, user_ids)),
        ending=ending,
    )


def _digest_of(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
