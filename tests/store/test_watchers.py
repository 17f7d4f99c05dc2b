"""Who may watch, who is told and by which way, and who is not told any more."""

import json
from datetime import timedelta

import pytest

from firmtrack.accounts.models import User
from firmtrack.answers.watches import Watched
from firmtrack.domain.stages import Status
from firmtrack.notices import endpoints, queries
from firmtrack.notices.watch_telling import CORRECTED_FOR, drop_watches
from firmtrack.notices.watches import (
    MOST_WATCHES,
    AlreadyEnded,
    NotSeen,
    TooManyWatches,
    UnknownWatch,
    UnknownWay,
    Watcher,
    end_watch,
    find_watch,
    list_watches,
    set_watch,
)
from firmtrack.presentation.wording import reason_text
from firmtrack.store.database import pool
from tests.store.facts import ALPHA, DCC, METERS, REQUEST_ID, at, meter, reported, request, take
from tests.store.receiver import Receiver, Reply
from tests.store.test_notices import webhook_to
from tests.store.watching import FAILED, HERE, LOSSES, Lose, Scene, ada, scene

__all__ = ["ada", "scene"]


def test_watching_what_has_ended_or_is_not_seen_is_refused(scene: Scene, ada: Watcher) -> None:
    take(request(sent_at=at(0)), reported(Status.VERIFIED, at(1), METERS))
    ben = scene.person("ben", "Bravo Power")
    for watched in (METERS[0], REQUEST_ID):
        with pytest.raises(AlreadyEnded):
            set_watch(ada, watched, None)
        with pytest.raises(NotSeen):
            set_watch(ben, watched, None)
    with pytest.raises(NotSeen):
        set_watch(ada, meter(99), None)
    assert list_watches(ada) == list_watches(ben) == []


def test_a_colleague_neither_sees_nor_ends_it_and_is_told_by_a_watch_of_their_own(
    scene: Scene, ada: Watcher
) -> None:
    alf = scene.person("alf", "Alpha Energy")
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    (watch,) = list_watches(ada)
    assert list_watches(alf) == []
    assert find_watch(alf, METERS[0]) is None
    with pytest.raises(UnknownWatch):
        end_watch(alf, watch.watch_id)
    set_watch(alf, METERS[0], None)
    take(reported(FAILED, at(1), METERS))
    scene.dispatch()
    assert sorted(mail["To"] for mail in scene.sink.mails) == [
        "ada@alpha.example", "alf@alpha.example"
    ]  # fmt: skip


def test_dccs_staff_watch_what_they_see(scene: Scene) -> None:
    olu = scene.person("olu", "DCC")
    take(request(sent_at=at(0)))
    set_watch(olu, METERS[0], None)
    set_watch(olu, REQUEST_ID, None)
    take(reported(Status.VERIFIED, at(1), METERS))
    scene.dispatch(after=timedelta(minutes=2))
    assert [mail["To"] for mail in scene.sink.mails] == ["olu@dcc.example"] * 2


@LOSSES
@pytest.mark.parametrize("watched", [METERS[0], REQUEST_ID], ids=["device", "request"])
def test_who_may_not_see_it_any_more_is_told_nothing(
    scene: Scene, ada: Watcher, lose: Lose, watched: Watched
) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, watched, None)
    lose(scene, ada)
    take(reported(FAILED, at(1), METERS, reason="N61"))
    scene.dispatch(after=timedelta(minutes=2))
    scene.dispatch(after=timedelta(hours=2))
    assert scene.sink.mails == []
    with pool().connection() as connection:
        left = connection.execute("SELECT count(*) FROM watch").fetchone()
    assert left == (0,)


@LOSSES
def test_what_waits_to_be_sent_is_not_sent_to_who_may_not_see_it_any_more(
    scene: Scene, ada: Watcher, lose: Lose
) -> None:
    scene.sink.reply = lambda: "451 not now"
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    take(reported(FAILED, at(1), METERS, reason="N61"))
    scene.dispatch()
    lose(scene, ada)
    scene.sink.reply = lambda: "250 taken"
    scene.dispatch(after=timedelta(minutes=1))
    with pool().connection() as connection:
        drop_watches(connection, scene.now)
        states = connection.execute("SELECT state FROM notice").fetchall()
    assert scene.sink.mails == []
    assert states == [("dead",)]


def test_a_watch_tells_one_of_the_partys_webhooks_and_nothing_else_of_it_changes(
    scene: Scene, ada: Watcher
) -> None:
    with Receiver() as receiver:
        made = webhook_to(scene.parties["Alpha Energy"], receiver)
        endpoints.choose_topics(ALPHA, made.endpoint_id, ["activation.failed"])
        take(request(sent_at=at(0)))
        set_watch(ada, METERS[0], made.endpoint_id)
        take(reported(FAILED, at(1), METERS, reason="N61"))
        scene.dispatch()
    (call,) = receiver.calls  # of five devices, which it is not told of, the one that is watched
    told = json.loads(call.body)
    assert told["type"] == "firmtrack.watch.failed.v1"
    assert told["data"] == {
        "watch_id": list_watches(ada)[0].watch_id,
        "watching": "device",
        "news": "failed",
        "is_over": True,
        "device_id": str(METERS[0]),
        "service_request_id": str(REQUEST_ID),
        "cause_id": None,
        "reason": "N61",
        "reason_text": reason_text("N61", FAILED),
        "sentence": told["data"]["sentence"],
        "link": f"{HERE}/devices/{METERS[0]}",
    }
    assert scene.sink.mails == []
    (notice,) = queries.list_notices(ALPHA, limit=10).items
    assert notice.topic == "watch.failed"


def test_ones_own_mail_is_on_no_partys_list(scene: Scene, ada: Watcher) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    take(reported(FAILED, at(1), METERS, reason="N61"))
    scene.dispatch()
    assert len(scene.sink.mails) == 1
    for viewer in (ALPHA, DCC):
        assert queries.list_endpoints(viewer) == []
        assert queries.list_notices(viewer, limit=10).items == ()
    assert endpoints.resend(ALPHA) == 0


def test_a_way_that_is_not_ones_partys_is_refused(scene: Scene, ada: Watcher) -> None:
    take(request(sent_at=at(0)))
    with Receiver() as receiver:
        bravos = webhook_to(scene.parties["Bravo Power"], receiver)
    own = webhook_to(scene.parties["Alpha Energy"], receiver)
    endpoints.remove_endpoint(ALPHA, own.endpoint_id)
    for endpoint_id in (bravos.endpoint_id, own.endpoint_id, 2**62):
        with pytest.raises(UnknownWay):
            set_watch(ada, METERS[0], endpoint_id)


def test_a_webhook_that_is_removed_is_replaced_by_mail_and_one_that_is_off_is_waited_for(
    scene: Scene, ada: Watcher
) -> None:
    with Receiver() as receiver:
        off = webhook_to(scene.parties["Alpha Energy"], receiver)
        removed = webhook_to(scene.parties["Alpha Energy"], receiver)
        for endpoint_id in (off.endpoint_id, removed.endpoint_id):
            endpoints.choose_topics(ALPHA, endpoint_id, ["activation.failed"])
        take(request(sent_at=at(0)))
        set_watch(ada, METERS[0], off.endpoint_id)
        set_watch(ada, METERS[1], removed.endpoint_id)
        endpoints.remove_endpoint(ALPHA, removed.endpoint_id)
        with pool().connection() as connection:
            connection.execute(
                "UPDATE notice_endpoint SET disabled_at = now() WHERE endpoint_id = %s",
                (off.endpoint_id,),
            )
        take(reported(FAILED, at(1), METERS, reason="N61"))
        scene.dispatch()
        assert receiver.calls == []
        (text,) = scene.sink.texts()
        assert str(METERS[1]) in text

        endpoints.enable_endpoint(ALPHA, off.endpoint_id)
        scene.dispatch(after=timedelta(hours=2))
        assert len(receiver.calls) == 1


def test_retried_webhooks_are_recorded_like_other_notices(scene: Scene, ada: Watcher) -> None:
    replies = iter([Reply(503), Reply(204)])
    with Receiver(lambda _: next(replies)) as receiver:
        made = webhook_to(scene.parties["Alpha Energy"], receiver)
        endpoints.choose_topics(ALPHA, made.endpoint_id, ["activation.failed"])
        take(request(sent_at=at(0)))
        set_watch(ada, METERS[0], made.endpoint_id)
        take(reported(FAILED, at(1), METERS))
        scene.dispatch()
        scene.dispatch()
    (notice,) = queries.list_notices(ALPHA, limit=10).items
    assert [each.status_code for each in notice.tries] == [503, 204]


def test_mail_that_is_not_taken_is_tried_again_under_the_same_message_id(
    scene: Scene, ada: Watcher
) -> None:
    answers = iter(["451 not now", "250 taken"])
    scene.sink.reply = lambda: next(answers)
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    take(reported(FAILED, at(1), METERS))
    scene.dispatch()
    (watch,) = list_watches(ada)
    assert watch.state == "waiting"
    scene.dispatch()
    (mail,) = scene.sink.mails
    with pool().connection() as connection:
        (notice_id, tries) = connection.execute(
            "SELECT notice_id, count(*) FROM notice_try GROUP BY notice_id"
        ).fetchone() or (None, 0)
    assert mail["Message-ID"] == f"<{notice_id}@localhost>"
    assert tries == 2


def test_mail_goes_to_the_address_that_the_person_has_when_it_is_sent(
    scene: Scene, ada: Watcher
) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    User.objects.filter(pk=ada.person_id).update(email="ada.new@alpha.example")
    take(reported(FAILED, at(1), METERS))
    scene.dispatch()
    assert [mail["To"] for mail in scene.sink.mails] == ["ada.new@alpha.example"]


def test_what_is_stopped_is_told_no_more_and_acts_are_on_record(scene: Scene, ada: Watcher) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    set_watch(ada, METERS[0], None)  # again: it goes on as it is
    (watch,) = list_watches(ada)
    assert end_watch(ada, watch.watch_id) == METERS[0]
    take(reported(FAILED, at(1), METERS))
    scene.dispatch(after=timedelta(minutes=2))
    assert scene.sink.mails == []
    with pool().connection() as connection:
        acts = connection.execute(
            "SELECT kind, subject FROM act WHERE kind LIKE 'watch%' ORDER BY 1 DESC"
        ).fetchall()
    assert acts == [("watch_set", f"device {METERS[0]}"), ("watch_ended", f"device {METERS[0]}")]


def test_a_person_watches_a_hundred_things_at_most(scene: Scene, ada: Watcher) -> None:
    devices = [meter(number) for number in range(1, MOST_WATCHES + 2)]
    take(request(sent_at=at(0), device_ids=devices))
    for device_id in devices[:MOST_WATCHES]:
        set_watch(ada, device_id, None)
    with pytest.raises(TooManyWatches):
        set_watch(ada, devices[-1], None)
    assert len(list_watches(ada)) == MOST_WATCHES


def test_a_watch_that_has_long_been_over_is_forgotten(scene: Scene, ada: Watcher) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    take(reported(FAILED, at(1), METERS))
    scene.dispatch()
    with pool().connection() as connection:
        drop_watches(connection, scene.now + CORRECTED_FOR - timedelta(hours=1))
        assert len(list_watches(ada)) == 1
        drop_watches(connection, scene.now + CORRECTED_FOR + timedelta(hours=1))
    assert list_watches(ada) == []
