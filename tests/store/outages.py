"""Estates whose updates fail or stand still in their thousands, by a clock of their own.

Requests, devices and changes are written as the ledger leaves them; all that follows is real.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import json
from psycopg.rows import dict_row

from firmtrack.answers.causes import Cause, CausesAnswer, CausesQuestion, CauseState
from firmtrack.answers.counted import Counted
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import Status
from firmtrack.domain.topics import DEFAULT_TOPICS, topic_of_status
from firmtrack.domain.viewer import Viewer
from firmtrack.notices.composing import compose_due
from firmtrack.notices.known_causes import renew_causes
from firmtrack.notices.stalled import queue_found
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint
from tests.store.facts import ALPHA_ID, DCC_ID

BEGAN = datetime(2026, 11, 14, 9, 0, tzinfo=UTC)
NORTH, SOUTH = "North", "South"
NO_DELAY = timedelta()

_REQUESTS = """
INSERT INTO request (originator, target, counter, message_id, recorded_at, sent_at, variant,
    stated_version, image_hash, statement_count)
SELECT %(user_id)s, %(dcc)s, %(zero)s::bigint + number, gen_random_uuid(), %(at)s, %(at)s,
    '11.1', '0000000A', '\\x1111', 1
FROM unnest(%(numbers)s::bigint[]) AS number
RETURNING request_key
"""
_DISTRIBUTIONS = """
INSERT INTO distribution (device_id, request_key, message_id, occurred_at, stage)
SELECT %(zero)s::bigint + device, keys[1 + (device - %(first)s::bigint) %% cardinality(keys)],
    gen_random_uuid(), %(at)s, %(stage)s
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS device,
    (SELECT %(keys)s::bigint[]) AS made (keys)
"""
_DEVICES = """
INSERT INTO device (device_id, message_id, learnt_at, device_type, manufacturer, model, csp_region,
    responsible_supplier)
SELECT %(zero)s::bigint + device, gen_random_uuid(), %(at)s, 'ESME', 'Acme', %(model)s,
    %(region)s, %(supplier)s
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS device
"""
_FAIL = """
WITH failed AS (
    UPDATE distribution SET stage = %(stage)s, failed = true, reason = %(reason)s
    WHERE device_id = ANY (%(device_ids)s)
    RETURNING device_id, request_key
)
INSERT INTO status_change (user_id, is_own, topic, reason, request_key, occurred_at, recorded_at,
    device_ids)
SELECT r.originator, true, %(topic)s, %(reason)s, request_key, %(at)s, now(),
    array_agg(device_id ORDER BY device_id)
FROM failed
JOIN request AS r USING (request_key)
JOIN notice_subscriber AS s ON s.user_id = r.originator
GROUP BY r.originator, request_key
ORDER BY request_key
"""
_ZERO = to_bigint(Eui64(0))


def listen(party_id: int, channel: str = "email", topics: Iterable[str] = DEFAULT_TOPICS) -> int:
    """Have the party told, whether or not this installation could send; return the endpoint."""
    with pool().connection() as connection:
        row = connection.execute(
            "INSERT INTO notice_endpoint (party_id, channel, address, topics)"
            " VALUES (%s, %s, 'somewhere', %s) RETURNING endpoint_id",
            (party_id, channel, list(topics)),
        ).fetchone()
    assert row is not None
    return int(row[0])


@dataclass(slots=True)
class Estate:
    """Updates of devices 1 and up, and what happens to them; ``now`` is what time it is there."""

    now: datetime = BEGAN
    causes: list[CauseKey] = field(default_factory=list)
    """What a search finds."""
    _requests: int = 0

    def updates(
        self,
        first: int,
        last: int,
        *,
        user_id: Eui64 = ALPHA_ID,
        requests: int = 1,
        region: str = NORTH,
        model: str = "Q4",
        supplier: Eui64 | None = None,
        stage: int = 3,
    ) -> range:
        """Make the devices, spread over some new requests; return their numbers."""
        numbers = range(self._requests + 1, self._requests + requests + 1)
        self._requests += requests
        asked: dict[str, object] = {
            "user_id": to_bigint(user_id), "dcc": to_bigint(DCC_ID), "zero": _ZERO,
            "numbers": list(numbers), "first": first, "last": last, "at": BEGAN, "stage": stage,
            "model": model, "region": region,
            "supplier": None if supplier is None else to_bigint(supplier),
        }  # fmt: skip
        with pool().connection() as connection:
            keys = [key for (key,) in connection.execute(_REQUESTS, asked)]
            connection.execute(_DISTRIBUTIONS, {**asked, "keys": keys})
            connection.execute(_DEVICES, asked)
        return range(first, last + 1)

    def place(self, devices: Sequence[int], region: str) -> None:
        """Move the devices to a region."""
        with pool().connection() as connection:
            connection.execute(
                "UPDATE device SET csp_region = %s WHERE device_id = ANY (%s)",
                (region, _stored(devices)),
            )

    def stall(self, devices: Sequence[int], stage: int = 3) -> None:
        """Find the devices stalled, as who looks for them queues them."""
        with pool().connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(
                "SELECT request_key, device_id, %s AS stage FROM distribution"
                " WHERE device_id = ANY (%s) ORDER BY request_key, device_id",
                (stage, _stored(devices)),
            ).fetchall()
            keys = sorted({row["request_key"] for row in rows})
            for key in keys:
                of_request = [row for row in rows if row["request_key"] == key]
                queue_found(connection, key, of_request, self.now)

    def move(self, devices: Sequence[int], stage: int) -> None:
        """Let the devices go on to a stage."""
        with pool().connection() as connection:
            connection.execute(
                "UPDATE distribution SET stage = %s WHERE device_id = ANY (%s)",
                (stage, _stored(devices)),
            )

    def fail(
        self,
        devices: Sequence[int],
        reason: str | None = "N61",
        status: Status = Status.COMMS_HUB_DELIVERY_FAILED,
    ) -> None:
        """Let the devices' updates fail."""
        asked = {
            "stage": status.stage.value, "reason": reason, "topic": topic_of_status(status),
            "device_ids": _stored(devices), "at": self.now,
        }  # fmt: skip
        with pool().connection() as connection:
            connection.execute(_FAIL, asked)

    def compose(self) -> None:
        """Compose all that is due."""
        with pool().connection() as connection:
            while compose_due(connection, grouping_delay=NO_DELAY, now=self.now):
                pass

    def search(self) -> int:
        """Look for causes; return of how many parties they were looked for."""
        with pool().connection() as connection:
            return renew_causes(connection, self.now, self.find_causes)

    def find_causes(
        self, viewer: Viewer, question: CausesQuestion, *, now: datetime | None = None
    ) -> CausesAnswer:
        """Return what is to be found."""
        assert not viewer.sees_all
        moment = now or self.now
        return CausesAnswer(
            question=question,
            causes=tuple(_cause(key, moment) for key in self.causes),
            updates=20_000,
            counted=Counted(moment, moment),
        )

    def pass_time(self, hours: float, step_minutes: int = 60) -> None:
        """Let time pass, in which notices are composed and causes looked for."""
        until = self.now + timedelta(hours=hours)
        while self.now < until:
            self.now = min(until, self.now + timedelta(minutes=step_minutes))
            self.search()
            self.compose()


def stalled_for(*traits: Trait, status: Status = Status.SENT_TO_CSP) -> CauseKey:
    return CauseKey.of(status, None, traits)


def failed_for(
    *traits: Trait, reason: str | None = "N61", status: Status = Status.COMMS_HUB_DELIVERY_FAILED
) -> CauseKey:
    return CauseKey.of(status, reason, traits)


IN_NORTH = Trait(Attribute.CSP_REGION, NORTH)
OF_Q4 = Trait(Attribute.MODEL, "Q4")


def mails() -> list[str]:
    """Return what people are told of incidents, in order."""
    return [str(row["sentence"]) for row in told("email")]


def told(channel: str) -> Sequence[Mapping[str, Any]]:
    """Return the data of the notices that name an incident, in order."""
    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT body FROM notice JOIN notice_endpoint USING (endpoint_id)"
            " WHERE channel = %s AND incident_id IS NOT NULL ORDER BY sequence",
            (channel,),
        ).fetchall()
    return [json.decode(body)["data"] for (body,) in rows]


def incidents(party_id: int | None = None) -> Sequence[Mapping[str, Any]]:
    """Return the incidents that are parts of no other, in order of opening."""
    with pool().connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT * FROM party_incident WHERE merged_into IS NULL"
            " AND (%(party)s::bigint IS NULL OR party_id = %(party)s)"
            " ORDER BY opened_at, topic, reason, is_own DESC",
            {"party": party_id},
        ).fetchall()


def kept_updates() -> int:
    """Return how many updates of incidents are kept."""
    with pool().connection() as connection:
        row = connection.execute("SELECT count(*) FROM party_incident_device").fetchone()
    assert row is not None
    return int(row[0])


def _stored(devices: Iterable[int]) -> list[int]:
    return [_ZERO + device for device in devices]


def _cause(key: CauseKey, now: datetime) -> Cause:
    return Cause(
        key=key, device_count=1, of_count=1, elsewhere_count=0, elsewhere_of=1, first_at=now,
        last_at=now, is_growing=True, state=CauseState.OPEN, also=(), request_ids=(),
        request_count=1, by_day=(),
    )  # fmt: skip
