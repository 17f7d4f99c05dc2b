"""What people watch: told when it ends, fails or stalls, to them alone, as far as they may see."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import psycopg
import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.accounts import people
from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party, User
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.viewers import viewer_of
from firmtrack.answers.watches import Watched
from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from firmtrack.environment import MailServer
from firmtrack.notices import endpoints, queries
from firmtrack.notices.calling import Caller
from firmtrack.notices.composing import compose_due
from firmtrack.notices.sending import send_next
from firmtrack.notices.stalled import queue_found
from firmtrack.notices.user_ids import remove_user_id
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
from firmtrack.store.ledger.withdrawals import withdraw
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reading.messages import KeptMessage
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO_ID,
    DCC,
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
from tests.store.receiver import Receiver, Reply
from tests.store.smtp_sink import SmtpSink
from tests.store.test_notices import webhook_to

HERE = "https://portal.example"
PASSWORD = "correct horse battery staple"
LATER_REQUEST = RequestId(ALPHA_ID, REQUEST_ID.target, 2000)
FAILED = Status.COMMS_HUB_DELIVERY_FAILED
DELIVERED = Status.DELIVERED_TO_COMMS_HUB


@dataclass
class Scene:
    """Alpha’s Ada and Alf, Bravo’s Ben and DCC’s Olu, a mail server, and a clock."""

    sink: SmtpSink
    caller: Caller
    parties: dict[str, Party] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def person(self, name: str, party: str) -> Watcher:
        user = people.add_user(
            f"{name}@{party.split(maxsplit=1)[0].lower()}.example", self.parties[party], PASSWORD
        )
        return watcher_of(user)

    def dispatch(self, *, after: timedelta = timedelta()) -> None:
        """Compose and send what is due, some time later."""
        self.now += after
        with pool().connection() as connection:
            connection.execute("UPDATE endpoint_queue SET due_at = now()")
            compose_due(connection, grouping_delay=timedelta(), now=self.now)
            while send_next(connection, self.caller, chance=Random(1)):
                pass


def watcher_of(user: User) -> Watcher:
    user = User.objects.select_related("party").get(pk=user.pk)
    return Watcher(
        person_id=user.pk, party_id=user.party_id, email=user.email, viewer=viewer_of(user)
    )


@pytest.fixture
def scene(database: str) -> Iterator[Scene]:
    with SmtpSink() as sink, closing(Caller(may_be_private=True)) as caller:
        server = MailServer(host="127.0.0.1", port=sink.port, user="", password="", is_secure=False)
        environment = replace(django_settings.ENVIRONMENT, mail_server=server, public_address=HERE)
        with override_settings(
            ENVIRONMENT=environment,
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST=server.host,
            EMAIL_PORT=server.port,
        ):
            made = Scene(sink, caller)
            for name, kind, user_ids in (
                ("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID]),
                ("Bravo Power", PartyKind.SMALL_SUPPLIER, [BRAVO_ID]),
                ("DCC", PartyKind.DCC, []),
            ):
                made.parties[name] = add_party(name, kind, user_ids)
            yield made


@pytest.fixture
def ada(scene: Scene) -> Watcher:
    return scene.person("ada", "Alpha Energy")


def stall(device_ids: list[Eui64], request_id: RequestId = REQUEST_ID, stage: int = 3) -> None:
    """Have the devices be found to stand still, as the search for them would."""
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT request_key FROM request WHERE counter = %s", (to_bigint(request_id.counter),)
        ).fetchone()
        assert row is not None
        rows = [{"device_id": to_bigint(each), "stage": stage} for each in device_ids]
        queue_found(connection, row[0], rows, datetime.now(UTC))


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


def _disabled(scene: Scene, ada: Watcher) -> None:
    people.disable(User.objects.get(pk=ada.person_id), may_be_last=True)


def _moved(scene: Scene, ada: Watcher) -> None:
    people.move(User.objects.get(pk=ada.person_id), scene.parties["Bravo Power"], may_be_last=True)


def _without_user_id(scene: Scene, _ada: Watcher) -> None:
    remove_user_id(scene.parties["Alpha Energy"], ALPHA_ID)


Lose = Callable[[Scene, Watcher], None]
LOSSES = pytest.mark.parametrize("lose", [_disabled, _moved, _without_user_id])


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
            other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        connection.execute("SELECT 1")


def take_back(message: Message) -> None:
    def read_again(_: KeptMessage) -> Message:
        return request(sent_at=at(0))

    withdraw([message], "it was wrong", read_again)


def test_nothing_is_marked_where_nobody_watches(scene: Scene, ada: Watcher) -> None:
    take(request(sent_at=at(0)))
    set_watch(ada, METERS[0], None)
    take(request(LATER_REQUEST, METERS[1:], sent_at=at(5)))
    take(reported(DELIVERED, at(6), METERS[1:], request_id=LATER_REQUEST))
    with pool().connection() as connection:
        count = connection.execute("SELECT count(*) FROM watch_change").fetchone()
    assert count == (0,)


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
