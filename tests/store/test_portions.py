"""Large requests that come late, recorded in portions beside other writers, and after a kill."""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from psycopg import Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from firmtrack.store import locks
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger import recording
from firmtrack.store.ledger.recording import (
    PORTIONS,
    Batch,
    Portions,
    fold_unfolded,
    record,
)
from firmtrack.store.locks import AdvisoryKey
from firmtrack.store.numbers import eui_of, to_bigint
from tests.citus import CITUS_URL
from tests.examples import first_of
from tests.store.facts import (
    ALPHA_ID,
    DCC_ID,
    IMAGE_HASH,
    METER,
    METERS,
    OTHER_IMAGE_HASH,
    OTHER_VERSION,
    REQUEST_ID,
    VERSION,
    answer,
    at,
    distribution,
    meter,
    reported,
    request,
    step,
    take,
)
from tests.store.server_processes import wait_until
from tests.store.test_ledger import rows, standing
from tests.store.test_rules_in_sql import empty
from tests.store.test_status_changes import subscribe
from tests.store.test_upkeep import kept_up

DEVICES = [meter(number) for number in range(240)]
SMALL = Portions(devices=7, events=20)


def late_requests(seed: int) -> list[Message]:
    """Requests of many devices whose events, most of them naming none, are of any time."""
    chance = random.Random(seed)
    messages: list[Message] = []
    request_ids = [RequestId(ALPHA_ID, DCC_ID, counter) for counter in range(5)]
    for request_id in request_ids:
        version, image_hash = chance.choice(
            [(VERSION, IMAGE_HASH), (OTHER_VERSION, OTHER_IMAGE_HASH)]
        )
        named = chance.sample(DEVICES, 150)
        messages += [
            request(
                request_id,
                named,
                sent_at=chance.choice([None, at(chance.randrange(60))]),
                version=version,
                image_hash=image_hash,
            ),
            answer(
                request_id,
                answered_at=at(chance.randrange(60)),
                code=chance.choice(["I0", "I0", "E110101"]),
                refused=named[:9],
            ),
            step(Status.SENT_TO_CSP, at(chance.randrange(60)), request_id=request_id),
        ]
    for _ in range(160):
        messages.append(
            reported(
                chance.choice([Status.TRANSFERRED_TO_DEVICE, Status.VERIFIED]),
                at(chance.randrange(60)),
                chance.sample(DEVICES, 12),
                request_id=chance.choice([None, None, None, *request_ids]),
                version=chance.choice([None, VERSION, OTHER_VERSION]),
                image_hash=chance.choice([None, IMAGE_HASH, OTHER_IMAGE_HASH]),
            )
        )
    chance.shuffle(messages)
    return messages


def write(messages: Sequence[Message], portions: Portions, *, at_once: int) -> None:
    for start in range(0, len(messages), at_once):
        record(Batch(messages=messages[start : start + at_once]), portions)


def told() -> dict[tuple[int, int], tuple[str, str | None]]:
    """Return what who follows the queue of changes knows of each device; no word comes twice."""
    devices_of: dict[int, list[int]] = {}
    for key, device_id in rows("SELECT request_key, device_id FROM distribution"):
        devices_of.setdefault(key, []).append(eui_of(device_id))
    known: dict[tuple[int, int], tuple[str, str | None]] = {}
    for key, topic, reason, device_ids in rows(
        "SELECT request_key, topic, reason, device_ids FROM status_change ORDER BY change_id"
    ):
        named = devices_of[key] if device_ids is None else map(eui_of, device_ids)
        for device_id in named:
            assert known.get((key, device_id)) != (topic, reason)
            known[key, device_id] = topic, reason
    return known


def current() -> dict[tuple[int, int], tuple[str, str | None]]:
    topics = {
        (1, False): "distribution.received",
        (2, False): "distribution.accepted",
        (2, True): "distribution.rejected",
        (3, False): "distribution.sent_to_csp",
        (5, False): "distribution.transferred_to_device",
        (6, False): "distribution.verified",
    }
    return {
        (key, eui_of(device_id)): (topics[stage, failed], reason)
        for key, device_id, stage, failed, reason in rows(
            "SELECT request_key, device_id, stage, failed, reason FROM current_distribution"
        )
    }


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("seed", first_of(range(4)))
def test_four_writers_with_large_requests_in_portions_agree_with_one_alone(seed: int) -> None:
    messages = late_requests(seed)
    write(messages, PORTIONS, at_once=len(messages))
    expected = standing()
    assert disagreements() == []
    empty()
    subscribe("Alpha Energy", ALPHA_ID)
    chance = random.Random(seed)
    shares = [chance.sample(messages, len(messages) * 3 // 4) for _ in range(3)]
    shares.append(list(reversed(messages)))

    with ThreadPoolExecutor(4) as threads:
        writers = [
            threads.submit(write, share, SMALL, at_once=at_once)
            for share, at_once in zip(shares, (1, 3, 10, 2), strict=True)
        ]
    for writer in writers:
        writer.result()

    assert standing() == expected
    assert disagreements() == []
    assert rows("SELECT count(*) FROM unfolded_device") == [(0,)]
    assert told() == current()


@pytest.fixture
def left(database: str) -> str:
    """As it is once a batch is committed and before any portion is, by a writer that was killed."""
    take(reported(Status.VERIFIED, at(5), METERS, request_id=None, image_hash=IMAGE_HASH))
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    assert distribution(METER).status is Status.VERIFIED
    with pool().connection() as connection:
        connection.execute(
            "UPDATE distribution SET stage = 0, message_id = NULL, occurred_at = NULL"
        )
        connection.execute(
            "INSERT INTO unfolded_device SELECT device_id, '-infinity' FROM distribution"
        )
    assert distribution(METER).status is Status.ACCEPTED
    assert disagreements() == []
    return database


@pytest.mark.usefixtures("left")
def test_what_a_killed_writer_left_is_folded_by_whoever_serves() -> None:
    with kept_up():
        wait_until(lambda: rows("SELECT count(*) FROM unfolded_device") == [(0,)])

    assert distribution(METER).status is Status.VERIFIED
    assert disagreements() == []


def test_what_a_killed_writer_left_is_folded_by_any_command(left: str, tmp_path: Path) -> None:
    parts = conninfo_to_dict(left)
    url = (
        f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}&port={parts['port']}"
    )

    subprocess.run(
        [sys.executable, "-m", "firmtrack", "check"],
        env=os.environ | {"DATABASE_URL": url, "FIRMTRACK_DATA_DIR": str(tmp_path)},
        capture_output=True,
        timeout=120,
        check=True,
    )

    assert distribution(METER).status is Status.VERIFIED
    assert rows("SELECT count(*) FROM unfolded_device") == [(0,)]


@pytest.mark.usefixtures("database")
def test_of_what_is_left_each_device_is_folded_and_marked_for_figures_once() -> None:
    take(reported(Status.VERIFIED, at(5), METERS, request_id=None, image_hash=IMAGE_HASH))
    with pool().connection() as connection:
        connection.execute("DELETE FROM stale_device")

    record(Batch(messages=[request(sent_at=at(0))]), Portions(devices=2, events=1))

    assert [distribution(each).status for each in METERS] == [Status.VERIFIED] * len(METERS)
    assert rows("SELECT count(*), count(DISTINCT device_id) FROM stale_device") == [(5, 5)]
    assert rows("SELECT count(*) FROM unfolded_device") == [(0,)]
    fold_unfolded()
    assert disagreements() == []


@pytest.mark.usefixtures("database")
def test_of_what_is_left_those_with_a_loose_word_since_then_are_marked_once() -> None:
    told, told_before, never_told = METERS[:3]
    take(
        request(sent_at=at(0)),
        reported(Status.VERIFIED, at(5), [told, told_before], request_id=None),
    )
    with pool().connection() as connection:
        connection.execute("DELETE FROM stale_device")
        connection.cursor().executemany(
            "INSERT INTO unfolded_device VALUES (%s, %s)",
            [
                (to_bigint(device_id), since)
                for device_id, since in (
                    (told, at(6)),
                    (told, at(5)),
                    (told_before, at(6)),
                    (never_told, "-infinity"),
                )
            ],
        )

    fold_unfolded()

    assert rows("SELECT device_id FROM stale_device") == [(to_bigint(told),)]
    assert rows("SELECT count(*) FROM unfolded_device") == [(0,)]


@pytest.mark.parametrize(("shards", "devices"), [(1, 100), (2, 100), (8, 400), (32, 1_600)])
def test_a_portion_is_of_more_devices_where_more_shards_are_asked(
    shards: int, devices: int
) -> None:
    assert PORTIONS.devices_on(shards) == devices


@pytest.mark.usefixtures("database")
def test_what_is_left_is_folded_in_as_few_portions_as_the_database_s_shards_call_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = []

    def take_and_count(cursor: Cursor[TupleRow], key: AdvisoryKey, *more: int) -> None:
        taken.append(key)
        locks.take(cursor, key, *more)

    take(reported(Status.VERIFIED, at(5), METERS, request_id=None, image_hash=IMAGE_HASH))
    monkeypatch.setattr(recording, "take", take_and_count)

    record(Batch(messages=[request(sent_at=at(0))]), Portions(devices=2, events=1))

    # The first portion of two finds that there are more; on four shards as many are folded at once.
    portions = 3 if CITUS_URL is None else 2
    assert taken == [AdvisoryKey.ATTRIBUTION] * (1 + portions)


@pytest.mark.usefixtures("database")
def test_a_request_that_is_newer_than_all_events_folds_nothing_anew() -> None:
    take(reported(Status.VERIFIED, at(5), METERS, request_id=None, image_hash=IMAGE_HASH))
    with pool().connection() as connection:
        connection.execute("DELETE FROM stale_device")

    take(request(REQUEST_ID, sent_at=at(6)))

    assert distribution(METER).status is Status.RECEIVED
    assert rows("SELECT count(*) FROM stale_device") == [(0,)]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("loose", [0, 3, 30])
@pytest.mark.parametrize("code", ["I0", "E110101"])
def test_a_large_request_that_nobody_knew_has_its_loose_words_and_those_told_meanwhile(
    loose: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_before, told_meanwhile = DEVICES[:loose], DEVICES[loose : loose + 2]
    is_done = threading.Event()

    def take_after_others(cursor: Cursor[TupleRow], key: AdvisoryKey, *more: int) -> None:
        if key is AdvisoryKey.ATTRIBUTION and not is_done.is_set():
            is_done.set()  # not for what is recorded here
            with ThreadPoolExecutor(1) as other:
                other.submit(take, *map(_verified, told_meanwhile)).result()
        locks.take(cursor, key, *more)

    subscribe("Alpha Energy", ALPHA_ID)
    if told_before:
        take(*map(_verified, told_before))
    monkeypatch.setattr(recording, "take", take_after_others)

    record(
        Batch(
            messages=[
                request(REQUEST_ID, DEVICES, sent_at=at(0)), answer(answered_at=at(1), code=code),
            ]
        ),
        SMALL,
    )  # fmt: skip

    assert is_done.is_set()
    declined = code != "I0"
    expected = Status.REJECTED if declined else Status.VERIFIED
    found = [distribution(each).status for each in (*told_before, *told_meanwhile)]
    assert found == [expected] * (loose + 2)
    assert distribution(DEVICES[-1]).status is (Status.REJECTED if declined else Status.ACCEPTED)
    assert told() == current()
    assert rows("SELECT count(*) FROM unfolded_device") == [(0,)]
    assert disagreements() == []


def _verified(device_id: Eui64) -> Message:
    return reported(Status.VERIFIED, at(5), [device_id], request_id=None, image_hash=IMAGE_HASH)
