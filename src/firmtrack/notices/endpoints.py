"""Endpoints: making, testing, rotating, removing; and sending again what was given up.

Whoever asks is the first argument: what is another party's is as what does not exist.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, scalar_row

from firmtrack.accounts.acting import operator_name
from firmtrack.accounts.models import Party
from firmtrack.domain.topics import DEFAULT_TOPICS, TEST, TOPICS
from firmtrack.domain.viewer import Viewer
from firmtrack.errors import FirmtrackError
from firmtrack.notices import statement
from firmtrack.notices.channel import Channel
from firmtrack.notices.channels import channel_of
from firmtrack.notices.cloud_events import event_about_endpoint
from firmtrack.notices.endpoint_queue import enqueue
from firmtrack.notices.event_data import EndpointTest
from firmtrack.notices.secrets import new_secret, sealed
from firmtrack.presentation.links import link_to_endpoint
from firmtrack.store.acts import OPERATOR, Act, ActKind, record_act
from firmtrack.store.database import pool
from firmtrack.store.reading.seeing import asked_by

SECRETS_OVERLAP = timedelta(hours=24)
"""How long calls are signed with the secret before a rotation, too."""

MOST_ENDPOINTS = 20
"""How many a party may have: each of them is sent a notice of the same change."""

_NOT_KNOWN = "Only a newer Firmtrack knows the endpoint's channel."
_NAMES = frozenset(topic.name for topic in TOPICS)


class UnknownEndpoint(FirmtrackError):
    """There is no such endpoint."""


class UnknownTopic(FirmtrackError):
    """A topic that notices are not about."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no topic {name[:60]!r}. Topics: {', '.join(sorted(_NAMES))}.")


class NothingToTell(FirmtrackError):
    """The party has no User IDs, so that there is nothing to notify it of."""


class TooManyEndpoints(FirmtrackError):
    """The party has as many endpoints as a party may have: remove one first."""


class NoSecret(FirmtrackError):
    """Calls to this endpoint are not signed with a secret."""


class NotForTesting(FirmtrackError):
    """The endpoint's channel has no form for a test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """An endpoint that was made; ``secret`` is shown this once, None but for a webhook."""

    endpoint_id: int
    secret: str | None


@dataclass(frozen=True, slots=True)
class _Managed:
    """An endpoint that is locked in a transaction of ``connection``; what is done is recorded.

    ``channel`` is None if it is not known here.
    """

    connection: Connection[TupleRow]
    channel: Channel | None
    party: str
    endpoint_id: int
    actor: str

    def record(self, kind: ActKind, detail: str = "") -> None:
        """Record what was done to the endpoint."""
        act = Act(
            actor=self.actor,
            party=self.party,
            kind=kind,
            subject=_called(self.endpoint_id),
            detail=detail,
        )
        record_act(self.connection, act)


def add_endpoint(
    party: Party,
    channel: Channel,
    address: str,
    topics: Iterable[str] = DEFAULT_TOPICS,
    *,
    actor: str = OPERATOR,
) -> NewEndpoint:
    """Have the party notified at ``address`` of ``topics``, from now on.

    ``actor`` is how the audit names who adds it. Raises UnfitAddress, UnknownTopic, NothingToTell,
    TooManyEndpoints, ChannelUnusable.
    """
    chosen = _chosen(topics)
    if not party.user_ids.exists():
        raise NothingToTell
    channel.check(address)
    secret = new_secret() if channel.has_secret else None
    with (
        pool().connection() as connection,
        connection.transaction(),
        connection.cursor(row_factory=scalar_row) as cursor,
    ):
        endpoint_id = cursor.execute(
            statement("add_endpoint"),
            {
                "party_id": party.pk,
                "channel": channel.name,
                "address": address,
                "topics": chosen,
                "secret": None if secret is None else sealed(secret),
                "most": MOST_ENDPOINTS,
            },
        ).fetchone()
        if endpoint_id is None:
            raise TooManyEndpoints
        act = Act(
            actor=_actor(actor),
            party=party.name,
            kind=ActKind.ENDPOINT_ADDED,
            subject=_called(endpoint_id),
            detail=f"{channel.name}: {address}",
        )
        record_act(connection, act)
    return NewEndpoint(endpoint_id=endpoint_id, secret=secret)


def choose_topics(viewer: Viewer, endpoint_id: int, topics: Iterable[str]) -> None:
    """Have the endpoint notified of ``topics`` and no others. Raises UnknownEndpoint, UnknownTopic.

    What is in the queue by then goes by the new choice; what waits to be sent is sent.
    """
    chosen = _chosen(topics)
    with _endpoint(viewer, endpoint_id) as found:
        found.connection.execute(
            "UPDATE notice_endpoint SET topics = %s WHERE endpoint_id = %s", (chosen, endpoint_id)
        )
        found.record(ActKind.ENDPOINT_CHANGED, f"topics: {', '.join(chosen)}")


def test_endpoint(viewer: Viewer, endpoint_id: int) -> UUID:
    """Have a test notice sent to the endpoint, and return its ID.

    Raises UnknownEndpoint, NotForTesting.
    """
    with _endpoint(viewer, endpoint_id) as found:
        connection, channel = found.connection, found.channel
        if channel is None:
            raise NotForTesting(_NOT_KNOWN)
        if not channel.is_testable:
            raise NotForTesting(channel.why_untestable)
        now = datetime.now(UTC)
        test = EndpointTest(
            endpoint_id=endpoint_id,
            sentence=f"This is a test of endpoint {endpoint_id}.",
            link=link_to_endpoint(endpoint_id),
        )
        draft = event_about_endpoint(TEST, test, now)
        enqueue(connection, endpoint_id, [draft], now)
        # Whoever tests wants to know now, not after the pause that earlier failures brought.
        connection.execute(
            "UPDATE endpoint_queue SET due_at = now() WHERE endpoint_id = %s", (endpoint_id,)
        )
    return draft.notice_id


def rotate_secret(viewer: Viewer, endpoint_id: int) -> str:
    """Return a new secret, shown this once; the one before stays valid for SECRETS_OVERLAP.

    Raises UnknownEndpoint, NoSecret.
    """
    secret = new_secret()
    with _endpoint(viewer, endpoint_id) as found:
        if found.channel is None:
            raise NoSecret(_NOT_KNOWN)
        if not found.channel.has_secret:
            raise NoSecret
        found.connection.execute(
            """
            UPDATE notice_endpoint
            SET earlier_secret = secret, earlier_secret_until = now() + %s, secret = %s
            WHERE endpoint_id = %s
            """,
            (SECRETS_OVERLAP, sealed(secret), endpoint_id),
        )
        found.record(ActKind.ENDPOINT_CHANGED, "a new secret")
    return secret


def remove_endpoint(viewer: Viewer, endpoint_id: int) -> None:
    """Send the endpoint nothing more. What was sent stays on record. Raises UnknownEndpoint."""
    with _endpoint(viewer, endpoint_id) as found:
        found.connection.execute(
            """
            UPDATE notice_endpoint
            SET removed_at = now(), secret = NULL, earlier_secret = NULL
            WHERE endpoint_id = %s
            """,
            (endpoint_id,),
        )
        found.connection.execute(
            """
            UPDATE notice SET state = 'dead', settled_at = now()
            WHERE endpoint_id = %s AND state = 'waiting'
            """,
            (endpoint_id,),
        )
        found.record(ActKind.ENDPOINT_REMOVED)


def enable_endpoint(viewer: Viewer, endpoint_id: int) -> None:
    """Switch an endpoint on again that was switched off. Raises UnknownEndpoint."""
    with _endpoint(viewer, endpoint_id) as found:
        found.connection.execute(
            """
            UPDATE notice_endpoint SET disabled_at = NULL, disabled_reason = NULL
            WHERE endpoint_id = %s
            """,
            (endpoint_id,),
        )
        found.record(ActKind.ENDPOINT_CHANGED, "on again")


def resend(viewer: Viewer, notice_ids: Iterable[UUID] | None = None) -> int:
    """Have notices that were given up sent again, with their own IDs; return how many.

    ``notice_ids`` None is all of the viewer's. Those whose endpoint is off or removed stay.
    """
    asked = {**asked_by(viewer), "notice_ids": None if notice_ids is None else list(notice_ids)}
    with pool().connection() as connection:
        return connection.execute(statement("resend_notices"), asked).rowcount


def _chosen(topics: Iterable[str]) -> list[str]:
    chosen = list(dict.fromkeys(topics))
    for name in chosen:
        if name not in _NAMES:
            raise UnknownTopic(name)
    return chosen


@contextmanager
def _endpoint(viewer: Viewer, endpoint_id: int) -> Iterator[_Managed]:
    """Lend a connection in a transaction, and the endpoint, which is locked."""
    with pool().connection() as connection, connection.transaction():
        row = connection.execute(
            statement("find_endpoint"), {**asked_by(viewer), "endpoint_id": endpoint_id}
        ).fetchone()
        if row is None:
            raise UnknownEndpoint
        name, party = row
        yield _Managed(connection, channel_of(name), party, endpoint_id, _actor(viewer.name))


def _actor(name: str) -> str:
    """Return how the audit names who acts: an operator with the machine's name for them."""
    return operator_name() if name == OPERATOR else name


def _called(endpoint_id: int) -> str:
    return f"endpoint {endpoint_id}"
