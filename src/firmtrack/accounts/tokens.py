"""API tokens: made once, kept as digests, checked with one statement, revoked on record."""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import LiteralString

from django.db import transaction
from django.db.models import Q, QuerySet
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.accounts.acting import changing, record
from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.models import ApiToken, Party, User
from firmtrack.accounts.permissions import SCOPES, Permission
from firmtrack.domain.identifiers import Eui64
from firmtrack.errors import FirmtrackError
from firmtrack.store.acts import ActKind

_PREFIX = "ft_"
# 36 octets are 288 bits: 256 stay secret although the last characters are kept in the clear.
_SECRET_BYTES = 36
_ENDING_CHARACTERS = 4
_FORM = re.compile(rf"{_PREFIX}[A-Za-z0-9_-]{{{_SECRET_BYTES * 4 // 3}}}")

_AUTHENTICATE: LiteralString = """
    SELECT party.name, party.kind, token.scopes, token.ending,
           ARRAY(SELECT user_id FROM accounts_partyuserid WHERE party_id = party.id),
           token.id, token.last_used_at IS NULL OR token.last_used_at < now() - interval '1 minute'
    FROM accounts_apitoken AS token
    JOIN accounts_party AS party ON party.id = token.party_id
    LEFT JOIN accounts_user AS maker ON maker.id = token.created_by_id
    WHERE token.digest = %s
      AND token.revoked_at IS NULL
      AND (token.expires_at IS NULL OR token.expires_at > now())
      AND (token.created_by_id IS NULL OR maker.is_active AND maker.party_id = token.party_id)
"""
# Of the many calls of a minute one says that the token was used.
_NOTE_USE: LiteralString = """
    UPDATE accounts_apitoken SET last_used_at = now()
    WHERE id = (SELECT id FROM accounts_apitoken
                WHERE id = %s
                  AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
                FOR UPDATE SKIP LOCKED)
"""

LIFETIME = timedelta(days=90)
"""How long a token is good for, unless its maker says otherwise."""

ENDED_SHOWN = timedelta(days=90)
"""How long a token that is good no more is still listed, unless all are asked for."""

NAME_CHARACTERS = 100
_LARGEST_ID = 2**63 - 1  # of PostgreSQL's bigint


class UnfitTokenName(FirmtrackError):
    """A token's name must be one printable line of up to 100 characters."""


class TokenNameTaken(FirmtrackError):
    """A token of this name is still good: revoke it first, or choose another name."""


class ScopeNotTheirs(FirmtrackError):
    """Only operators make tokens of this scope for such a party."""


class UnknownToken(FirmtrackError):
    """There is no token of this number."""

    def __init__(self, token_id: int) -> None:
        self.token_id = token_id
        super().__init__(f"There is no token {token_id}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSummary:
    """A token without its secret. ``created_by`` is None for an operator's.

    ``is_good`` is whether it opens anything now, which it does not either where its maker left.
    """

    token_id: int
    name: str
    party: str
    scopes: Sequence[str]
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    created_by: str | None
    created_at: datetime
    ending: str
    is_good: bool


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
    name: str = "",
    created_by: User | None = None,
) -> str:
    """Return the secret of a new token: this is the only time that anyone can see it.

    Without ``expires_at`` it never expires; without ``created_by`` an operator makes it. Raises
    UnfitTokenName.
    """
    if len(name) > NAME_CHARACTERS or not (name or " ").isprintable() or name != name.strip():
        raise UnfitTokenName
    secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    with transaction.atomic():
        made = ApiToken.objects.create(
            party=party,
            scopes=" ".join(scope for scope in TokenScope if scope in scopes),
            digest=_digest_of(secret),
            ending=secret[-_ENDING_CHARACTERS:],
            created_at=created_at,
            expires_at=expires_at,
            name=name,
            created_by=created_by,
        )
        until = "never expires" if expires_at is None else f"until {expires_at:%Y-%m-%d}"
        record(
            created_by, party.name, ActKind.TOKEN_CREATED, _called(made), f"{made.scopes}, {until}"
        )
    return secret


def create_own_token(
    by: User, name: str, scopes: Sequence[TokenScope], expires_at: datetime
) -> str:
    """Return the secret of a new token of the person's party, whose name no other good one has.

    Raises ScopeNotTheirs, TokenNameTaken, UnfitTokenName, NoLongerAllowed.
    """
    party = by.party
    if not set(scopes) <= set(SCOPES[PartyKind(party.kind)]):
        raise ScopeNotTheirs
    with changing(party, by, Permission.MANAGE_TOKENS):
        if any(each.is_good and each.name == name for each in list_tokens(party)):
            raise TokenNameTaken
        now = datetime.now(UTC)
        return create_token(
            party, *scopes, created_at=now, expires_at=expires_at, name=name, created_by=by
        )


def revoke_token(token_id: int, *, by: User | None = None) -> bool:
    """Have the token open nothing any more; return whether that is new.

    ``by`` None is an operator, anyone else revokes their own party's. Raises UnknownToken,
    NoLongerAllowed.
    """
    known = _with_number(token_id)
    found = (known if by is None else known.filter(party=by.party_id)).first()
    if found is None:
        raise UnknownToken(token_id)
    with changing(found.party, by, Permission.MANAGE_TOKENS):
        return _revoke(known.select_for_update(of=("self",)), by, "") == 1


def revoke_tokens_of(user: User, *, by: User | None) -> int:
    """Revoke the tokens that a person made, who leaves; return how many. In a transaction."""
    made = ApiToken.objects.filter(created_by=user).select_related("party", "created_by")
    return _revoke(
        made.select_for_update(of=("self",)),
        by,
        f"its maker, {user.email}, may not use it any more",
    )


def find_token(party: Party, token_id: int) -> TokenSummary:
    """Return one of the party's tokens. Raises UnknownToken: as well if it is another's."""
    token = _with_number(token_id).filter(party=party).first()
    if token is None:
        raise UnknownToken(token_id)
    return _summary(token, datetime.now(UTC))


def list_tokens(party: Party | None = None, *, include_all: bool = False) -> list[TokenSummary]:
    """Return the tokens of ``party``, or of all parties, by party, the newest first.

    Those that have ended longer ago than ENDED_SHOWN only if ``include_all``.
    """
    now = datetime.now(UTC)
    tokens = ApiToken.objects.select_related("party", "created_by").order_by("party__name", "-pk")
    if party is not None:
        tokens = tokens.filter(party=party)
    if not include_all:
        earliest = now - ENDED_SHOWN
        tokens = tokens.filter(
            Q(revoked_at__isnull=True) | Q(revoked_at__gt=earliest),
            Q(expires_at__isnull=True) | Q(expires_at__gt=earliest),
        )
    return [_summary(each, now) for each in tokens]


def looks_like_token(secret: str | None) -> bool:
    """Return whether it has the form of a token's secret; only the database knows if it is one."""
    return secret is not None and _FORM.fullmatch(secret) is not None


def authenticate_token(connection: Connection[TupleRow], secret: str) -> TokenHolder | None:
    """Return who holds the token, None if it is unknown, expired, revoked, or its maker has left.

    One statement, and not through Django's models: this is on the way of every API call.
    """
    row = connection.execute(_AUTHENTICATE, (_digest_of(secret),), prepare=True).fetchone()
    if row is None:
        return None
    party_name, party_kind, scopes, ending, user_ids, token_id, is_use_news = row
    if is_use_news:
        connection.execute(_NOTE_USE, (token_id,), prepare=True)
    return TokenHolder(
        party_name=party_name,
        party_kind=PartyKind(party_kind),
        scopes=frozenset(map(TokenScope, scopes.split())),
        user_ids=frozenset(map(Eui64.parse, user_ids)),
        ending=ending,
    )


def _digest_of(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _with_number(token_id: int) -> QuerySet[ApiToken]:
    # What is no number of a token at all would be an error of the database.
    tokens = ApiToken.objects.select_related("party", "created_by")
    return tokens.filter(pk=token_id) if 0 < token_id <= _LARGEST_ID else tokens.none()


def _revoke(tokens: Iterable[ApiToken], by: User | None, because: str) -> int:
    """Revoke those of the tokens, which are locked, that are not revoked; return how many."""
    standing = [each for each in tokens if each.revoked_at is None]
    for each in standing:
        each.revoked_at = datetime.now(UTC)
        each.save(update_fields=["revoked_at"])
        record(by, each.party.name, ActKind.TOKEN_REVOKED, _called(each), because)
    return len(standing)


def _called(token: ApiToken) -> str:
    """Return how the audit names a token: by its name, and by the ending that tells it apart."""
    return f"{token.name} (…{token.ending})" if token.name else f"…{token.ending}"


def _summary(token: ApiToken, now: datetime) -> TokenSummary:
    maker = token.created_by
    return TokenSummary(
        token_id=token.pk,
        name=token.name,
        party=token.party.name,
        scopes=token.scopes.split(),
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        revoked_at=token.revoked_at,
        created_by=None if maker is None else maker.email,
        created_at=token.created_at,
        ending=token.ending,
        is_good=token.revoked_at is None
        and (token.expires_at is None or token.expires_at > now)
        and (maker is None or (maker.is_active and maker.party_id == token.party_id)),
    )
