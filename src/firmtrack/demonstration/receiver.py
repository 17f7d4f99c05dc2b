"""The demonstration's receiver of webhooks: what one of a party's own would do, and keep.

It knows the secrets from where Firmtrack stores them; a party keeps the one that it was shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import DecodeError, Meta, Struct
from msgspec.json import Decoder
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from firmtrack.accounts.models import Party
from firmtrack.domain.viewer import Viewer
from firmtrack.notices.endpoints import add_endpoint
from firmtrack.notices.secrets import unsealed
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from firmtrack.store.reading.seeing import asked_by, filled

CALLS_KEPT = 50
"""So many of each party's are kept, the newest."""

_PATH = "/demonstration/receiver/"
_BEFORE_THE_START = f"https://demonstration.invalid{_PATH}"

_CREATE = """
CREATE TABLE IF NOT EXISTS demonstration_call (
    webhook_id  uuid PRIMARY KEY,
    sequence    bigint GENERATED ALWAYS AS IDENTITY,
    party_id    bigint NOT NULL REFERENCES accounts_party (id) ON DELETE CASCADE,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    body        text NOT NULL
)
"""
_POINT_HERE = """
UPDATE notice_endpoint
SET address = %(origin)s || %(path)s || party_id
WHERE address LIKE '%%' || %(path)s || party_id AND removed_at IS NULL
"""
_IS_TOLD = """
SELECT EXISTS (SELECT FROM notice_endpoint WHERE address LIKE '%%' || %s || %s)
"""
_SECRETS = """
SELECT secret
FROM notice_endpoint
WHERE party_id = %s AND secret IS NOT NULL AND removed_at IS NULL
UNION ALL
SELECT earlier_secret
FROM notice_endpoint
WHERE party_id = %s AND earlier_secret_until > now() AND removed_at IS NULL
"""
_KEEP = """
INSERT INTO demonstration_call (webhook_id, party_id, body) VALUES (%s, %s, %s)
ON CONFLICT DO NOTHING
"""
_DROP_THE_OLDEST = """
DELETE FROM demonstration_call
WHERE party_id = %(party_id)s AND sequence <= (
    SELECT sequence FROM demonstration_call
    WHERE party_id = %(party_id)s
    ORDER BY sequence DESC
    OFFSET %(kept)s LIMIT 1
)
"""
_LIST = filled("""
SELECT p.name, c.received_at, c.body
FROM demonstration_call AS c
JOIN accounts_party AS p ON p.id = c.party_id
WHERE {sees_of_party:c.party_id}
ORDER BY c.sequence DESC
LIMIT %(kept)s
""")


class Device(Struct, frozen=True):
    """A device that an event is about."""

    device_id: Annotated[str, Meta(pattern="^[0-9A-F]{2}(-[0-9A-F]{2}){7}$")]


class Data(Struct, frozen=True):
    """What an event tells, as far as the page shows it."""

    service_request_id: str | None = None
    status: str | None = None
    reason: str | None = None
    device_count: int = 0
    devices: list[Device] | Literal["all"] = []


class Event(Struct, frozen=True):
    """The body of a call, a CloudEvent; ``id`` is the call's webhook-id."""

    id: UUID
    type: str
    data: Data


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswer:
    """A call that was taken: whose receiver took it, when, and what it told."""

    party: str
    received_at: datetime
    event: Event


_DECODER = Decoder(Event)


def create() -> None:
    """Make the table of what arrived, unless it is there."""
    with pool().connection() as connection:
        connection.execute(_CREATE)


def tell(party: Party) -> None:
    """Give the party an endpoint that leads to its receiver, once ``point_to`` says where it is."""
    add_endpoint(party, WEBHOOK, f"{_BEFORE_THE_START}{party.pk}")


def is_told(party: Party) -> bool:
    """Return whether the party was ever given an endpoint that leads to its receiver."""
    with pool().connection() as connection:
        row = connection.execute(_IS_TOLD, (_PATH, party.pk)).fetchone()
    return row == (True,)


def point_to(origin: str) -> None:
    """Have the parties' endpoints lead to the server at ``origin``, such as http://127.0.0.1:8000."""
    with pool().connection() as connection:
        connection.execute(_POINT_HERE, {"origin": origin, "path": _PATH})


def place_of(origin: str) -> tuple[str, int]:
    """Return the host and port of ``origin``."""
    parts = urlsplit(origin)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def take(party_id: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Keep a call, unless it is known already; return whether it is a notice to that party.

    ``headers`` have their names in lower case.
    """
    try:
        event = _DECODER.decode(body)
    except DecodeError:
        return False
    with pool().connection() as connection, connection.transaction():
        secrets = connection.execute(_SECRETS, (party_id, party_id)).fetchall()
        if not any(_is_signed(unsealed(secret), headers, body) for (secret,) in secrets):
            return False
        connection.execute(_KEEP, (event.id, party_id, body.decode()))
        connection.execute(_DROP_THE_OLDEST, {"party_id": party_id, "kept": CALLS_KEPT})
    return True


def list_calls(viewer: Viewer) -> list[CallAnswer]:
    """Return what the receiver of the viewer's party took, the newest first; DCC sees all."""
    with pool().connection() as connection:
        rows = connection.execute(_LIST, {**asked_by(viewer), "kept": CALLS_KEPT}).fetchall()
    return [
        CallAnswer(party=party, received_at=received_at, event=_DECODER.decode(body))
        for party, received_at, body in rows
    ]


def _is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers))
    except WebhookVerificationError:
        return False
    return True
