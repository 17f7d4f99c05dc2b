"""Endpoints: making, testing, rotating, removing; and sending again what was given up.

Whoever asks is the first argument: what is another party's is as what does not exist.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.accounts.models import Party
from firmtrack.domain.topics import DEFAULT_TOPICS, TEST, TOPICS
from firmtrack.domain.viewer import Viewer
from firmtrack.errors import FirmtrackError
from firmtrack.notices import statement
from firmtrack.notices.addresses import UnfitAddress, check_address
from firmtrack.notices.channels import Channel
from firmtrack.notices.composing import enqueue, notice_about_endpoint
from firmtrack.notices.duis_alerts import alert_signer
from firmtrack.notices.secrets import new_secret, sealed
from firmtrack.store.database import pool
from firmtrack.store.reading.seeing import asked_by

SECRETS_OVERLAP = timedelta(hours=24)
"""How long calls are signed with the secret before a rotation, too."""

MOST_ENDPOINTS = 20
"""How many a party may have: each of them is sent a notice of the same change."""

_NAMES = frozenset(topic.name for topic in TOPICS)


class UnknownEndpoint(FirmtrackError):
    """There is no such endpoint."""


class UnknownTopic(FirmtrackError):
    """A topic that notices are not about."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no topic {name[:60]!r}. Topics: {', '.join(sorted(_NAMES))}.")


class NothingToTell(FirmtrackError):
    """The party has no User IDs, so that nothing is told of it."""


class TooManyEndpoints(FirmtrackError):
    """The party has as many endpoints as a party may have: remove one first."""


class NoSecret(FirmtrackError):
    """Only a webhook has a secret."""


class NoMailServer(FirmtrackError):
    """Mail needs a server that takes it: set FIRMTRACK_MAIL_SERVER."""


class NotForTesting(FirmtrackError):
    """A DUIS address takes DCC Alerts, and none of them is a test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """An endpoint that was made; ``secret`` is shown this once, None but for a webhook."""

    endpoint_id: int
    secret: str | None


def add_endpoint(
    party: Party, channel: Channel, address: str, topics: Iterable[str] = DEFAULT_TOPICS
) -> NewEndpoint:
    """Have the party told at ``address`` of ``topics``, from now on.

    Raises UnfitAddress, UnknownTopic, NothingToTell, TooManyEndpoints; for DUIS NoAlertSigner and
    BadAlertSigner, for e-mail NoMailServer.
    """
    chosen = _chosen(topics)
    if not party.user_ids.exists():
        raise NothingToTell
    if channel is Channel.EMAIL:
        _check_email(address)
    else:
        if channel is Channel.DUIS:
            alert_signer()
        check_address(address, may_be_private=settings.ENVIRONMENT.notice_private_addresses)
    secret = new_secret() if channel is Channel.WEBHOOK else None
    with pool().connection() as connection:
        row = connection.execute(
            statement("add_endpoint"),
            {
                "party_id": party.pk,
                "channel": channel,
                "address": address,
                "topics": chosen,
                "secret": None if secret is None else sealed(secret),
                "most": MOST_ENDPOINTS,
            },
        ).fetchone()
    if row is None:
        raise TooManyEndpoints
    return NewEndpoint(endpoint_id=row[0], secret=secret)


def open_channels() -> tuple[Channel, ...]:
    """Return the channels that this installation is set up for, a webhook first."""
    return tuple(channel for channel in Channel if _is_open(channel))


def choose_topics(viewer: Viewer, endpoint_id: int, topics: Iterable[str]) -> None:
    """Have the endpoint told of ``topics`` and no others. Raises UnknownEndpoint, UnknownTopic.

    What is in the queue by then is told by the new choice; what waits to be sent is sent.
    """
    chosen = _chosen(topics)
    with _endpoint(viewer, endpoint_id) as (connection, _):
        connection.execute(
            "UPDATE notice_endpoint SET topics = %s WHERE endpoint_id = %s", (chosen, endpoint_id)
        )


def test_endpoint(viewer: Viewer, endpoint_id: int) -> UUID:
    """Have a test notice sent to the endpoint, and return its ID.

    Raises UnknownEndpoint, NotForTesting.
    """
    with _endpoint(viewer, endpoint_id) as (connection, channel):
        if channel is Channel.DUIS:
            raise NotForTesting
        now = datetime.now(UTC)
        draft = notice_about_endpoint(TEST, {"endpoint_id": endpoint_id}, now)
        enqueue(connection, endpoint_id, [draft], now)
        # Whoever tests wants to know now, not after the pause that earlier failures brought.
        connection.execute(
            "UPDATE notice_lane SET due_at = now() WHERE endpoint_id = %s", (endpoint_id,)
        )
    return draft.notice_id


def rotate_secret(viewer: Viewer, endpoint_id: int) -> str:
    """Return a new secret, shown this once; the one before stays valid for SECRETS_OVERLAP.

    Raises UnknownEndpoint, NoSecret.
    """
    secret = new_secret()
    with _endpoint(viewer, endpoint_id) as (connection, channel):
        if channel is not Channel.WEBHOOK:
            raise NoSecret
        connection.execute(
            """
            UPDATE notice_endpoint
            SET earlier_secret = secret, earlier_secret_until = now() + %s, secret = %s
            WHERE endpoint_id = %s
            """,
            (SECRETS_OVERLAP, sealed(secret), endpoint_id),
        )
    return secret


def remove_endpoint(viewer: Viewer, endpoint_id: int) -> None:
    """Send the endpoint nothing more. What was sent stays on record. Raises UnknownEndpoint."""
    with _endpoint(viewer, endpoint_id) as (connection, _):
        connection.execute(
            """
            UPDATE notice_endpoint
            SET removed_at = now(), secret = NULL, earlier_secret = NULL
            WHERE endpoint_id = %s
            """,
            (endpoint_id,),
        )
        connection.execute(
            """
            UPDATE notice SET state = 'dead', settled_at = now()
            WHERE endpoint_id = %s AND state = 'waiting'
            """,
            (endpoint_id,),
        )


def enable_endpoint(viewer: Viewer, endpoint_id: int) -> None:
    """Switch an endpoint on again that was switched off. Raises UnknownEndpoint."""
    with _endpoint(viewer, endpoint_id) as (connection, _):
        connection.execute(
            """
            UPDATE notice_endpoint SET disabled_at = NULL, disabled_reason = NULL
            WHERE endpoint_id = %s
            """,
            (endpoint_id,),
        )


def resend(viewer: Viewer, notice_ids: Iterable[UUID] | None = None) -> int:
    """Have dead letters sent again, with their own IDs; return how many.

    ``notice_ids`` None is all of the viewer's. Those whose endpoint is off or removed stay.
    """
    asked = {**asked_by(viewer), "notice_ids": None if notice_ids is None else list(notice_ids)}
    with pool().connection() as connection:
        return connection.execute(statement("resend"), asked).rowcount


def _chosen(topics: Iterable[str]) -> list[str]:
    chosen = list(dict.fromkeys(topics))
    for name in chosen:
        if name not in _NAMES:
            raise UnknownTopic(name)
    return chosen


def _is_open(channel: Channel) -> bool:
    match channel:
        case Channel.WEBHOOK:
            return True
        case Channel.DUIS:
            return settings.ENVIRONMENT.alert_signer is not None
        case Channel.EMAIL:
            return settings.ENVIRONMENT.mail_server is not None


def _check_email(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise UnfitAddress("is not an e-mail address") from None
    if settings.ENVIRONMENT.mail_server is None:
        raise NoMailServer


@contextmanager
def _endpoint(viewer: Viewer, endpoint_id: int) -> Iterator[tuple[Connection[TupleRow], Channel]]:
    """Lend a connection in a transaction, and the channel of the endpoint, which is locked."""
    with pool().connection() as connection, connection.transaction():
        row = connection.execute(
            statement("find_endpoint"), {**asked_by(viewer), "endpoint_id": endpoint_id}
        ).fetchone()
        if row is None:
            raise UnknownEndpoint
        yield connection, Channel(row[0])
