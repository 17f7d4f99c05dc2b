"""What must hold when the faults are over."""

import json
from uuid import UUID

from psycopg.rows import TupleRow

from firmtrack.store.database import pool
from tests.faults.posting import Post
from tests.oracle.simulated import Simulated
from tests.store.receiver import Receiver

_ALL = "all"


def _rows(statement: str) -> list[TupleRow]:
    with pool().connection() as connection:
        return connection.execute(statement).fetchall()


def assert_nothing_acknowledged_is_lost(post: Post) -> None:
    """Every message that was acknowledged as recorded, or as known, is there; none is refused."""
    kept = {row[0] for row in _rows("SELECT message_id FROM message")}
    acknowledged = {
        UUID(message_id) for message_id, _ in post.acknowledged.values() if message_id is not None
    }
    assert len(post.acknowledged) == post.total
    assert acknowledged <= kept, f"{len(acknowledged - kept)} acknowledged messages are lost"
    outcomes = {outcome for _, outcome in post.acknowledged.values()}
    assert outcomes <= {"recorded", "duplicate", "ignored"}, outcomes


def assert_recorded_once(world: Simulated) -> None:
    """There are as many messages as the world sent, whatever was posted how often."""
    ((count,),) = _rows("SELECT count(*) FROM message")
    assert count == world.totals["recorded"]


def all_is_told() -> bool:
    """Whether no change waits to be told, and every notice was delivered."""
    ((waiting,),) = _rows("SELECT count(*) FROM status_change")
    ((undelivered,),) = _rows("SELECT count(*) FROM notice WHERE state <> 'delivered'")
    return bool(waiting == 0 and undelivered == 0)


def assert_every_status_was_told(world: Simulated, receiver: Receiver) -> int:
    """Every notice came, and of each distribution its final status; return how many these are."""
    notices = {str(row[0]) for row in _rows("SELECT notice_id FROM notice")}
    assert notices == set(receiver.taken), "notices that count as delivered did not come"
    told: set[tuple[str, str, str]] = set()
    for call in receiver.taken.values():
        data = json.loads(call.body)["data"]
        request_id, status = data.get("service_request_id"), data.get("status")
        devices = data.get("devices", [])
        names = [_ALL] if devices == "all" else [each["device_id"] for each in devices]
        told.update((request_id, device_id, status) for device_id in names)
    final = [
        (line["service_request_id"], line["device_id"], str(line["current_status"]))
        for line in world.of_kind("distribution")
    ]
    untold = [
        (request_id, device_id, status)
        for request_id, device_id, status in final
        if not {(request_id, device_id, status), (request_id, _ALL, status)} & told
    ]
    assert untold == [], f"{len(untold)} of {len(final)} final statuses were never told"
    return len(final)
