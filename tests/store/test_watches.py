"""What is told of what is watched, and when: it ends, fails or stalls, or did not after all."""

import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from firmtrack.notices.composing import compose_due
from firmtrack.notices.stalled import queue_found
from firmtrack.notices.watches import Watcher, list_watches, set_watch
from firmtrack.presentation.wording import reason_text
from firmtrack.store.database import pool
from firmtrack.store.ledger.withdrawals import withdraw
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reading.messages import KeptMessage
from tests.store.facts import (
    ALPHA_ID,
    METERS,
    REQUEST_ID,
    VERSION,
    at,
    meter,
    reported,
    request,
    step,
    take,
)
from tests.store.watching import FAILED, HERE, Scene, ada, scene

__all__ = ["ada", "scene"]

LATER_REQUEST = RequestId(ALPHA_ID, REQUEST_ID.target, 2000)
DELIVERED = Status.DELIVERED_TO_COMMS_HUB


def stall(device_ids: list[Eui64], request_id: RequestId = REQUEST_ID, stage: int = 3) -> None:
    """Have the devices be found to stand still, as the search for them would."""
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT request_key FROM request WHERE counter = %s", (to_bigint(request_id.counter),)
        ).fetchone()
        assert row is not None
        rows = [{"device_id": to_bigint(each), "stage": stage} for each in device_ids]
        queue_found(connection, row[0], rows, datetime.now(UTC))


def take_back(message: Message) -> None:
    def read_again(_: KeptMessage) -> Message:
        return request(sent_at=at(0))

    withdraw([message], "it was wrong", read_again)


def test_a_device_that_fails_is_told_by_mail_with_reason_ids_link_and_how_to_stop(
    scene: Scene, ada: Watcher
) -> None:
    take(request(sent_at=at(0)), reported(Status.SENT_TO_CSP, at(1), METERS))
    set_watch(ada, METERS[0], None)
    scene.dispatch(after=timedelta(minutes=2))
    assert scene.sink.mails == []

    take(reported(DELIVERED, at(2), METERS))
    scene.dispatch()
    assert scene.sink.mails == []  # it goes on: nobody asked to be told of that

    take(reported(FAILED, at(3), METERS[:1], reason="N61"))
    scene.dispatch()
    scene.dispatch(after=timedelta(hours=2))

    (mail,) = scene.sink.mails
    assert mail["To"] == "ada@alpha.example"
    assert mail["Subject"] == f"Firmtrack: device {METERS[0]}: failed"
    (text,) = scene.sink.texts()
    lines = text.splitlines()
    assert lines[0] == (
        f"The update of device {METERS[0]} to firmware version {VERSION} failed:"
        " “Delivery to Communications Hub failed”."
    )
    assert lines[2].startswith(reason_text("N61", FAILED))
    assert "N61" in lines[2]
    assert str(METERS[0]) in lines
    assert str(REQUEST_ID) in lines
    assert f"{HERE}/devices/{METERS[0]}" in lines
    assert f"{HERE}/watching" in lines
    assert "With this the watch is over" in text

    (watch,) = list_watches(ada)
    assert (watch.told_times, watch.news, watch.state) == (1, "failed", "delivered")
    assert watch.ended_at is not None


def test_a_device_that_is_done_is_told_and_the_watch_is_over(scene: Scene, ada: Watcher) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    take(reported(Status.VERIFIED, at(1), METERS))
    scene.dispatch()

    (text,) = scene.sink.texts()
    assert text.startswith(
        f"The update of device {METERS[0]} to firmware version {VERSION} is done"
    )
    # A further request is none of this watch's.
    take(request(LATER_REQUEST, sent_at=at(5)), reported(FAILED, at(6), request_id=LATER_REQUEST))
    scene.dispatch(after=timedelta(hours=2))
    assert len(scene.sink.mails) == 1


def test_a_request_that_names_the_device_before_the_end_is_followed_too(
    scene: Scene, ada: Watcher
) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    take(request(LATER_REQUEST, METERS[:1], sent_at=at(5)))
    take(reported(FAILED, at(6), METERS[:1], reason="N61"))
    scene.dispatch()
    take(reported(Status.VERIFIED, at(8), METERS[:1], request_id=LATER_REQUEST))
    scene.dispatch()

    failed, done = scene.sink.texts()
    assert str(REQUEST_ID) in failed
    assert "the watch is over" not in failed
    assert str(LATER_REQUEST) in done
    assert "the watch is over" in done


def test_what_concerns_a_whole_request_is_told_of_its_devices(scene: Scene, ada: Watcher) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    take(step(Status.SEND_TO_CSP_FAILED, at(1), reason="N19"))
    scene.dispatch()
    (text,) = scene.sink.texts()
    assert "failed: “Could not be sent to CSP”." in text


def test_a_device_that_stands_still_is_told_once_for_each_stage(scene: Scene, ada: Watcher) -> None:
    take(request(sent_at=at(0)), step(Status.SENT_TO_CSP, at(1)))
    set_watch(ada, METERS[0], None)
    stall([METERS[0]], stage=3)
    scene.dispatch()
    stall([METERS[0]], stage=3)
    scene.dispatch(after=timedelta(hours=2))
    (text,) = scene.sink.texts()
    assert "stands still at “Sent to CSP”" in text

    take(reported(DELIVERED, at(9), METERS))
    scene.dispatch()
    stall([METERS[0]], stage=4)
    scene.dispatch()
    assert len(scene.sink.mails) == 2


def test_it_fails_is_corrected_and_fails_again(scene: Scene, ada: Watcher) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    wrong = reported(FAILED, at(2), METERS[:1], reason="N61")
    take(wrong)
    scene.dispatch()
    take_back(wrong)
    scene.dispatch()
    take(reported(FAILED, at(4), METERS[:1], reason="N19"))
    scene.dispatch()

    first, corrected, again = scene.sink.texts()
    assert "the watch is over" in first
    assert corrected.startswith("Correction: the update of device")
    assert "has not ended: it is under way" in corrected
    assert "the watch is over" not in corrected
    assert "failed: “Delivery to Communications Hub failed”" in again
    assert "N19" in again


def test_what_goes_to_and_fro_is_corrected_ever_more_rarely(scene: Scene, ada: Watcher) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    for minute in range(1, 41):
        take(reported(FAILED, at(minute), METERS[:1], reason=f"N{60 + minute % 2}"))
        scene.dispatch(after=timedelta(minutes=1))
    # The failure, a correction at once, and one after ten minutes.
    assert [mail["Subject"].rpartition(": ")[2] for mail in scene.sink.mails] == [
        "failed", "correction", "correction"
    ]  # fmt: skip
    # What was left out is told once its time has come, though nothing is recorded then.
    scene.dispatch(after=timedelta(hours=1))
    (*_, last) = scene.sink.texts()
    assert len(scene.sink.mails) == 4
    assert reason_text("N60", FAILED).removesuffix(".") in last


def test_a_device_whose_request_is_taken_back_is_told_so(scene: Scene, ada: Watcher) -> None:
    sent = request(sent_at=at(0))
    take(sent)
    set_watch(ada, METERS[0], None)
    take_back(sent)
    scene.dispatch()
    (text,) = scene.sink.texts()
    assert "is not known any more" in text


def test_a_request_begins_to_fail_once_however_many_fail_and_its_end_is_told(
    scene: Scene, ada: Watcher
) -> None:
    devices = [meter(number) for number in range(1, 101)]
    take(request(sent_at=at(0), device_ids=devices))
    set_watch(ada, REQUEST_ID, None)
    for number, device_id in enumerate(devices[:40]):
        take(reported(FAILED, at(1 + number / 60), [device_id], reason="N61"))
        scene.dispatch(after=timedelta(seconds=20))
    scene.dispatch(after=timedelta(hours=1))
    (failing,) = scene.sink.texts()
    assert failing.startswith(f"Updates of Service Request {REQUEST_ID} fail. None of 100 done,")
    told = re.search(r"([0-9]+) failed", failing)
    assert told is not None
    assert 10 < int(told[1]) <= 40  # those that came within five minutes are told together

    take(reported(Status.VERIFIED, at(60), devices[40:]))
    scene.dispatch(after=timedelta(minutes=2))
    ended = scene.sink.texts()[-1]
    assert len(scene.sink.mails) == 2
    assert ended.startswith(
        f"Service Request {REQUEST_ID} has ended. 60 of 100 done, none under way, 40 failed."
    )
    assert f"{HERE}/service-requests/{REQUEST_ID}" in ended.splitlines()


def test_a_request_whose_failures_double_is_told_after_a_span(scene: Scene, ada: Watcher) -> None:
    devices = [meter(number) for number in range(1, 21)]
    take(request(sent_at=at(0), device_ids=devices))
    set_watch(ada, REQUEST_ID, None)
    take(reported(FAILED, at(1), devices[:2], reason="N61"))
    scene.dispatch(after=timedelta(minutes=2))
    scene.dispatch(after=timedelta(minutes=6))
    assert len(scene.sink.mails) == 1
    take(reported(FAILED, at(2), devices[:3], reason="N61"))
    scene.dispatch(after=timedelta(hours=5))
    assert len(scene.sink.mails) == 1  # half as many more are no news
    take(reported(FAILED, at(3), devices[:5], reason="N61"))
    scene.dispatch(after=timedelta(minutes=2))
    scene.dispatch(after=timedelta(minutes=6))
    assert len(scene.sink.mails) == 2


def test_devices_of_a_request_that_stand_still_are_told_together(
    scene: Scene, ada: Watcher
) -> None:
    take(request(sent_at=at(0)), step(Status.SENT_TO_CSP, at(1)))
    set_watch(ada, REQUEST_ID, None)
    for device_id in METERS[:3]:
        stall([device_id])
    scene.dispatch(after=timedelta(minutes=2))
    assert scene.sink.mails == []
    scene.dispatch(after=timedelta(minutes=6))
    (text,) = scene.sink.texts()
    assert text.startswith(
        f"Updates of Service Request {REQUEST_ID} stand still."
        " 3 devices were found to stand still. All 5 devices are under way."
    )


def test_a_request_that_ended_and_is_opened_again_by_a_late_message_is_corrected(
    scene: Scene, ada: Watcher
) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, REQUEST_ID, None)
    last = reported(Status.VERIFIED, at(3), METERS[4:])
    take(reported(Status.VERIFIED, at(2), METERS[:4]), last)
    scene.dispatch(after=timedelta(minutes=2))
    take_back(last)
    scene.dispatch(after=timedelta(minutes=2))
    take(reported(FAILED, at(9), METERS[4:], reason="N61"))
    scene.dispatch(after=timedelta(minutes=2))

    ended, corrected, again = scene.sink.texts()
    assert "has ended. All 5 devices are done." in ended
    assert corrected.startswith(
        f"Correction: Service Request {REQUEST_ID} has not ended after all. 4 of 5 done,"
    )
    assert "has ended. 4 of 5 done, none under way, 1 failed." in again


def test_what_fails_and_is_mended_before_anyone_is_told_is_no_news(
    scene: Scene, ada: Watcher
) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    wrong = reported(FAILED, at(2), METERS[:1], reason="N61")
    take(wrong)
    take_back(wrong)
    scene.dispatch()
    assert scene.sink.mails == []


def test_what_a_writer_did_not_know_to_mark_is_told_within_the_hour(
    scene: Scene, ada: Watcher
) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    scene.dispatch(after=timedelta(minutes=2))
    take(reported(FAILED, at(1), METERS))
    with pool().connection() as connection:
        connection.execute("DELETE FROM watch_change")  # as if an older Firmtrack had recorded it
    scene.dispatch(after=timedelta(minutes=30))
    assert scene.sink.mails == []
    scene.dispatch(after=timedelta(minutes=31))
    assert len(scene.sink.mails) == 1


def test_who_is_killed_before_the_commit_has_told_nothing_and_the_next_tells_it(
    scene: Scene, ada: Watcher
) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    take(reported(FAILED, at(1), METERS))
    with pytest.raises(psycopg.OperationalError), pool().connection() as connection:
        _die_within(connection, scene)
    scene.dispatch()
    assert len(scene.sink.mails) == 1


def _die_within(connection: Connection[TupleRow], scene: Scene) -> None:
    """Compose what is due, and lose the connection before it is committed."""
    with connection.transaction():
        assert compose_due(connection, grouping_delay=timedelta(), now=scene.now) == 1
        with pool().connection() as other:
            other.execute(
                "SELECT pg_terminate_backend(%s::integer)", (connection.info.backend_pid,)
            )
        connection.execute("SELECT 1")


def test_nothing_is_marked_where_nobody_watches(scene: Scene, ada: Watcher) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    take(request(LATER_REQUEST, METERS[1:], sent_at=at(5)))
    take(reported(DELIVERED, at(6), METERS[1:], request_id=LATER_REQUEST))
    with pool().connection() as connection:
        count = connection.execute("SELECT count(*) FROM watch_change").fetchone()
    assert count == (0,)
