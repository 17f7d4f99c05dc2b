"""What is sent, to whom, when again, and what is kept of it."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from random import Random

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party
from firmtrack.accounts.parties import add_party
from firmtrack.answers.notices import NoticeAnswer
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.notices import endpoints
from firmtrack.notices import queries as notice_queries
from firmtrack.notices.addresses import UnfitAddress
from firmtrack.notices.calling import Caller
from firmtrack.notices.composing import compose_due
from firmtrack.notices.email_digest import EMAIL_DIGEST, NoMailServer
from firmtrack.notices.sending import send_next
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    METER,
    METERS,
    REQUEST_ID,
    STRANGER,
    VERSION,
    at,
    inventory,
    meter,
    reported,
    request,
    take,
)
from tests.store.receiver import Receiver, Reply

OTHER_REQUEST = RequestId(ALPHA_ID, REQUEST_ID.target, 2000)
NOW_AND_HERE = timedelta(0)


@pytest.fixture
def alpha(database: str) -> Party:
    return add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])


@pytest.fixture
def caller() -> Iterator[Caller]:
    with closing(Caller(may_be_private=True, call_seconds=60.0)) as made:
        yield made


def webhook_to(party: Party, receiver: Receiver) -> endpoints.NewEndpoint:
    """Add a webhook whose address only an operator who allows private networks may add."""
    made = endpoints.add_endpoint(party, WEBHOOK, "https://receiver.example/")
    with pool().connection() as connection:
        connection.execute(
            "UPDATE notice_endpoint SET address = %s WHERE endpoint_id = %s",
            (receiver.url, made.endpoint_id),
        )
    return made


def dispatch(caller: Caller, *, is_patient: bool = True, now: datetime | None = None) -> None:
    """Compose what is queued and send what may be sent; do not wait unless asked to."""
    with pool().connection() as connection:
        if is_patient:
            connection.execute("UPDATE endpoint_queue SET due_at = now()")
        compose_due(connection, grouping_delay=NOW_AND_HERE, now=now)
        while send_next(connection, caller, chance=Random(1)):
            pass


def notices(viewer: Viewer = DCC, state: str | None = None) -> list[NoticeAnswer]:
    """Return them oldest first."""
    return list(reversed(notice_queries.list_notices(viewer, limit=1_000, state=state).items))


def deliver(*devices: int) -> None:
    ids = [meter(number) for number in devices]
    take(
        request(sent_at=at(0), device_ids=ids), reported(Status.DELIVERED_TO_COMMS_HUB, at(1), ids)
    )


def test_a_webhook_is_a_signed_cloud_event_that_tells_what_changed(
    alpha: Party, caller: Caller
) -> None:
    with Receiver() as receiver:
        made = webhook_to(alpha, receiver)
        deliver(1, 2)
        dispatch(caller)

    (call,) = receiver.calls
    assert made.secret is not None
    event = Webhook(made.secret).verify(call.body, dict(call.headers))
    assert call.headers["content-type"] == "application/cloudevents+json"
    assert event == {
        "specversion": "1.0",
        "id": call.webhook_id,
        "source": "/firmtrack",
        "type": "firmtrack.distribution.delivered_to_comms_hub.v1",
        "time": event["time"],
        "datacontenttype": "application/json",
        "data": {
            "user_id": str(ALPHA_ID),
            "service_request_id": str(REQUEST_ID),
            "firmware_version": VERSION,
            "status": "delivered_to_comms_hub",
            "reason": None,
            "updated_at": "2026-03-01T09:01:00Z",
            "device_count": 2,
            "devices": [
                {"device_id": str(meter(number)), "updated_at": "2026-03-01T09:01:00Z"}
                for number in (1, 2)
            ],
            "incident_id": None,
            "reason_text": None,
            "sentence": "The status of 2 devices changed to “Delivered to Communications Hub” in"
            f" the update to firmware version {VERSION} by Service Request {REQUEST_ID}.",
            "link": None,
        },
    }
    (notice,) = notices(ALPHA)
    assert (str(notice.notice_id), notice.state) == (call.webhook_id, "delivered")
    assert notice.device_ids == (meter(1), meter(2))
    assert [(each.status_code, each.problem) for each in notice.tries] == [(204, None)]


def test_a_failed_try_is_kept_and_the_notice_goes_out_again_under_its_id(
    alpha: Party, caller: Caller
) -> None:
    replies = iter([Reply(503), Reply(503), Reply(204)])
    with Receiver(lambda _: next(replies)) as receiver:
        webhook_to(alpha, receiver)
        deliver(1)
        for _ in range(3):
            dispatch(caller)

    assert len({call.webhook_id for call in receiver.calls}) == 1
    (notice,) = notices()
    assert [each.status_code for each in notice.tries] == [503, 503, 204]
    assert notice.state == "delivered"


def test_failures_are_counted_since_the_last_success(alpha: Party, caller: Caller) -> None:
    replies = iter([Reply(503), Reply(503), Reply(204), Reply(503)])
    with Receiver(lambda _: next(replies)) as receiver:
        webhook_to(alpha, receiver)
        deliver(1)
        take(request(OTHER_REQUEST, sent_at=at(0)))
        take(reported(Status.DELIVERED_TO_COMMS_HUB, at(1), METERS, request_id=OTHER_REQUEST))
        counted = []
        for _ in range(3):
            dispatch(caller)
            (endpoint,) = notice_queries.list_endpoints(ALPHA)
            counted.append(endpoint.failures)

    assert counted == [1, 2, 1]


def test_retry_after_is_kept(alpha: Party, caller: Caller) -> None:
    with Receiver(lambda _: Reply(429, {"Retry-After": "600"})) as receiver:
        webhook_to(alpha, receiver)
        deliver(1)
        dispatch(caller)
        dispatch(caller, is_patient=False)

    assert len(receiver.calls) == 1
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT due_at - now() > interval '590 seconds' FROM endpoint_queue"
        ).fetchone()
    assert row == (True,)


def test_a_notice_that_is_refused_for_good_is_a_dead_letter_and_can_be_sent_again(
    alpha: Party, caller: Caller
) -> None:
    replies = iter([Reply(400), Reply(204)])
    with Receiver(lambda _: next(replies)) as receiver:
        webhook_to(alpha, receiver)
        deliver(1)
        dispatch(caller)
        (dead,) = notices(state="dead")
        dispatch(caller)
        assert len(receiver.calls) == 1

        assert endpoints.resend(ALPHA, [dead.notice_id]) == 1
        dispatch(caller)

    (notice,) = notices()
    assert (notice.notice_id, notice.state) == (dead.notice_id, "delivered")
    assert {call.webhook_id for call in receiver.calls} == {str(dead.notice_id)}


def test_what_could_not_be_delivered_for_three_days_is_given_up_and_the_next_goes_out(
    alpha: Party, caller: Caller
) -> None:
    with Receiver() as receiver:
        webhook_to(alpha, receiver)
        deliver(1)
        with pool().connection() as connection:
            compose_due(connection, grouping_delay=NOW_AND_HERE)
            connection.execute("UPDATE notice SET waits_since = waits_since - interval '73 hours'")
        take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(2), [meter(1)], reason="N19"))
        dispatch(caller)

    assert [(notice.topic, notice.state) for notice in notices()] == [
        ("distribution.delivered_to_comms_hub", "dead"),
        ("distribution.comms_hub_delivery_failed", "delivered"),
    ]


def test_gone_switches_the_endpoint_off_and_the_party_is_told_where_else_it_is_told(
    alpha: Party, caller: Caller
) -> None:
    with Receiver(lambda _: Reply(410)) as gone, Receiver() as other:
        left = webhook_to(alpha, gone)
        webhook_to(alpha, other)
        deliver(1)
        dispatch(caller)
        take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(2), [meter(1)]))
        dispatch(caller)

    assert len(gone.calls) == 1
    assert [json.loads(call.body)["type"] for call in other.calls] == [
        "firmtrack.distribution.delivered_to_comms_hub.v1",
        "firmtrack.endpoint.disabled.v1",
        "firmtrack.distribution.comms_hub_delivery_failed.v1",
    ]
    off, on = notice_queries.list_endpoints(ALPHA)
    assert (off.endpoint_id, off.disabled_reason) == (
        left.endpoint_id,
        "The receiver answered 410 Gone.",
    )
    assert (off.dead, on.disabled_at) == (1, None)

    endpoints.enable_endpoint(ALPHA, left.endpoint_id)
    assert endpoints.resend(ALPHA) == 1


def test_a_receiver_that_is_slow_to_answer_is_left_in_time(alpha: Party) -> None:
    with (
        Receiver(lambda _: Reply(after_seconds=300)) as receiver,
        closing(Caller(may_be_private=True, call_seconds=1.0)) as hasty,
    ):
        webhook_to(alpha, receiver)
        deliver(1)
        dispatch(hasty)
        assert not receiver.acknowledged

    (notice,) = notices()
    assert notice.tries[0].problem == "No answer within 1 seconds."


def test_redirects_are_not_followed(alpha: Party, caller: Caller) -> None:
    with (
        Receiver() as elsewhere,
        Receiver(lambda _: Reply(307, {"Location": elsewhere.url})) as receiver,
    ):
        webhook_to(alpha, receiver)
        deliver(1)
        dispatch(caller)

    assert elsewhere.calls == []
    assert [notice.state for notice in notices()] == ["dead"]


def test_a_name_that_stands_for_a_private_address_is_not_called(alpha: Party) -> None:
    with Receiver() as receiver, closing(Caller(may_be_private=False)) as careful:
        webhook_to(alpha, receiver)
        deliver(1)
        dispatch(careful)

    assert receiver.calls == []
    (notice,) = notices(state="dead")
    assert notice.tries[0].problem == ("The address is not one of the public Internet: 127.0.0.1.")


def test_of_private_addresses_only_a_receiver_that_is_named_is_called(alpha: Party) -> None:
    with Receiver() as named, Receiver() as other:
        place = ("127.0.0.1", named.port)
        for receiver in (named, other):
            webhook_to(alpha, receiver)
        deliver(1)
        with closing(Caller(may_be_private=False, private_receivers={place})) as careful:
            dispatch(careful)

    assert len(named.calls) == 1
    assert other.calls == []


def test_both_secrets_are_good_after_a_rotation_until_the_old_one_ends(
    alpha: Party, caller: Caller
) -> None:
    with Receiver() as receiver:
        made = webhook_to(alpha, receiver)
        fresh = endpoints.rotate_secret(ALPHA, made.endpoint_id)
        deliver(1)
        dispatch(caller)
        with pool().connection() as connection:
            connection.execute("UPDATE notice_endpoint SET earlier_secret_until = now()")
        take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(2), [meter(1)]))
        dispatch(caller)

    assert made.secret is not None
    both, one = receiver.calls
    for secret in (made.secret, fresh):
        Webhook(secret).verify(both.body, dict(both.headers))
    Webhook(fresh).verify(one.body, dict(one.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(one.body, dict(one.headers))


def test_secrets_are_not_stored_as_they_are(alpha: Party) -> None:
    with Receiver() as receiver:
        made = webhook_to(alpha, receiver)
    assert made.secret is not None
    with pool().connection() as connection:
        row = connection.execute("SELECT secret FROM notice_endpoint").fetchone()

    assert row is not None
    assert made.secret.removeprefix("whsec_").encode() not in row[0]


@pytest.mark.thorough
def test_50_000_devices_that_arrive_one_by_one_in_a_minute_are_at_most_100_calls(
    alpha: Party, caller: Caller
) -> None:
    """The minute is run through as twelve times the delay for which a change waits for others."""
    devices = [meter(number) for number in range(50_000)]
    with Receiver() as receiver:
        webhook_to(alpha, receiver)
        take(request(sent_at=at(0), device_ids=devices))
        for start in range(0, 50_000, 4_167):
            arriving = devices[start : start + 4_167]
            take(*(reported(Status.DELIVERED_TO_COMMS_HUB, at(1), [each]) for each in arriving))
            dispatch(caller)

    assert len(receiver.calls) <= 100
    heard = [
        device["device_id"]
        for call in receiver.calls
        for device in json.loads(call.body)["data"]["devices"]
    ]
    assert sorted(heard) == sorted(map(str, devices))


def test_a_change_waits_for_others_no_longer_than_the_stated_delay(alpha: Party) -> None:
    with Receiver() as receiver:
        webhook_to(alpha, receiver)
    deliver(1)
    with pool().connection() as connection:
        assert compose_due(connection) == 0
        connection.execute("UPDATE status_change SET recorded_at = recorded_at - interval '5s'")
        assert compose_due(connection) == 1


def test_a_responsible_supplier_is_told_of_its_device_but_not_whose_the_update_is(
    alpha: Party, caller: Caller
) -> None:
    bravo = add_party("Bravo Power", PartyKind.SMALL_SUPPLIER, [BRAVO_ID])
    with Receiver() as alphas, Receiver() as bravos:
        webhook_to(alpha, alphas)
        webhook_to(bravo, bravos)
        take(inventory(at(0), METER, responsible_supplier=BRAVO_ID))
        take(request(sent_at=at(0)), reported(Status.DELIVERED_TO_COMMS_HUB, at(1), METERS))
        dispatch(caller)

    (call,) = bravos.calls
    data = json.loads(call.body)["data"]
    assert [device["device_id"] for device in data["devices"]] == [str(METER)]
    assert data["service_request_id"] is None
    assert str(ALPHA_ID).encode() not in call.body
    (notice,) = notices(BRAVO)
    assert notice.service_request_id is None


def test_only_chosen_topics_are_told(alpha: Party, caller: Caller) -> None:
    with Receiver() as receiver:
        made = webhook_to(alpha, receiver)
        with pool().connection() as connection:
            connection.execute(
                "UPDATE notice_endpoint SET topics = %s WHERE endpoint_id = %s",
                (["distribution.verified"], made.endpoint_id),
            )
        deliver(1)
        take(reported(Status.VERIFIED, at(5), [meter(1)]))
        dispatch(caller)

    assert [notice.topic for notice in notices()] == ["distribution.verified"]


def test_a_test_is_sent_at_once_although_the_endpoint_failed_before(
    alpha: Party, caller: Caller
) -> None:
    replies = iter([Reply(503, {"Retry-After": "3000"}), Reply(), Reply()])
    with Receiver(lambda _: next(replies)) as receiver:
        made = webhook_to(alpha, receiver)
        deliver(1)
        dispatch(caller)

        notice_id = endpoints.test_endpoint(ALPHA, made.endpoint_id)
        dispatch(caller, is_patient=False)

    assert receiver.calls[-1].webhook_id == str(notice_id)
    (found,) = (notice for notice in notices(ALPHA) if notice.notice_id == notice_id)
    assert (found.topic, found.state) == ("endpoint.test", "delivered")


def test_a_removed_endpoint_is_told_nothing_more_and_what_it_was_told_stays(
    alpha: Party, caller: Caller
) -> None:
    with Receiver() as receiver:
        made = webhook_to(alpha, receiver)
        deliver(1)
        dispatch(caller)
        endpoints.remove_endpoint(ALPHA, made.endpoint_id)
        take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(2), [meter(1)]))
        dispatch(caller)

    assert len(receiver.calls) == 1
    assert notice_queries.list_endpoints(ALPHA) == []
    assert len(notices(ALPHA)) == 1


@pytest.mark.parametrize("viewer", [STRANGER, BRAVO], ids=["stranger", "bravo"])
def test_no_one_else_sees_or_triggers_a_partys_notices(
    alpha: Party, caller: Caller, viewer: Viewer
) -> None:
    add_party("Bravo Power", PartyKind.SMALL_SUPPLIER, [BRAVO_ID])
    with Receiver(lambda _: Reply(400)) as receiver:
        made = webhook_to(alpha, receiver)
        deliver(1)
        dispatch(caller)
        (dead,) = notices(ALPHA, state="dead")

    assert notices(viewer) == []
    assert notice_queries.list_endpoints(viewer) == []
    assert endpoints.resend(viewer) == 0
    assert endpoints.resend(viewer, [dead.notice_id]) == 0
    for act in (
        endpoints.test_endpoint,
        endpoints.rotate_secret,
        endpoints.remove_endpoint,
        endpoints.enable_endpoint,
    ):
        with pytest.raises(endpoints.UnknownEndpoint):
            act(viewer, made.endpoint_id)
    with pytest.raises(endpoints.UnknownEndpoint):
        endpoints.choose_topics(viewer, made.endpoint_id, ["distribution.stalled"])
    assert notice_queries.find_endpoint(viewer, made.endpoint_id) is None
    assert len(notices(ALPHA)) == 1


def test_notices_are_paged_newest_first(alpha: Party) -> None:
    with Receiver() as receiver:
        made = webhook_to(alpha, receiver)
    sent = [endpoints.test_endpoint(ALPHA, made.endpoint_id) for _ in range(5)]

    pages, before = [], None
    while True:
        page = notice_queries.list_notices(ALPHA, limit=2, before=before)
        pages.append([notice.notice_id for notice in page.items])
        before = page.before
        if before is None:
            break

    assert pages == [[sent[4], sent[3]], [sent[2], sent[1]], [sent[0]]]


def of_newer_channel(endpoint_id: int) -> None:
    """Have the endpoint as a newer Firmtrack would make it, by a channel that is not known here."""
    with pool().connection() as connection:
        connection.execute(
            "UPDATE notice_endpoint SET channel = 'pigeon' WHERE endpoint_id = %s", (endpoint_id,)
        )


def changes_queued() -> int:
    with pool().connection() as connection:
        return connection.execute("SELECT FROM status_change").rowcount


def test_an_endpoint_of_a_newer_firmtrack_is_left_alone_and_what_waits_for_it_stays(
    alpha: Party, caller: Caller
) -> None:
    with Receiver() as receiver:
        webhook_to(alpha, receiver)
        newer = webhook_to(alpha, receiver)
        waiting = endpoints.test_endpoint(ALPHA, newer.endpoint_id)
        of_newer_channel(newer.endpoint_id)
        deliver(1)
        dispatch(caller)
        assert (receiver.calls, changes_queued()) == ([], 1)  # the newer one would compose it

        with pool().connection() as connection:
            connection.execute("UPDATE status_change SET recorded_at = now() - interval '1 hour'")
        dispatch(caller)

    assert [(each.notice_id == waiting, each.state) for each in notices()] == [
        (True, "waiting"),
        (False, "delivered"),
    ]
    assert len(receiver.calls) == 1


def test_what_needs_its_channel_cannot_be_done_with_an_endpoint_of_a_newer_firmtrack(
    alpha: Party, caller: Caller
) -> None:
    with Receiver(lambda _: Reply(410)) as receiver:
        webhook_to(alpha, receiver)
        newer = webhook_to(alpha, receiver).endpoint_id
        of_newer_channel(newer)
        with pytest.raises(endpoints.NotForTesting, match="newer"):
            endpoints.test_endpoint(ALPHA, newer)
        with pytest.raises(endpoints.NoSecret, match="newer"):
            endpoints.rotate_secret(ALPHA, newer)
        endpoints.choose_topics(ALPHA, newer, ["distribution.verified"])
        deliver(1)
        with pool().connection() as connection:
            connection.execute("UPDATE status_change SET recorded_at = now() - interval '1 hour'")
        dispatch(caller)  # the other one is gone, of which this one cannot be told

    endpoints.remove_endpoint(ALPHA, newer)
    (gone,) = notice_queries.list_endpoints(ALPHA)
    assert gone.disabled_reason is not None


def test_an_endpoint_that_cannot_work_is_refused(alpha: Party) -> None:
    with pytest.raises(UnfitAddress):
        endpoints.add_endpoint(alpha, WEBHOOK, "http://receiver.example/")
    with pytest.raises(UnfitAddress):
        endpoints.add_endpoint(alpha, WEBHOOK, "https://10.0.0.1/")
    with pytest.raises(UnfitAddress):
        endpoints.add_endpoint(alpha, EMAIL_DIGEST, "ada at alpha")
    with pytest.raises(NoMailServer):
        endpoints.add_endpoint(alpha, EMAIL_DIGEST, "ada@alpha.example")
    with pytest.raises(endpoints.UnknownTopic):
        endpoints.add_endpoint(alpha, WEBHOOK, "https://receiver.example/", ["weather"])
    nobody = add_party("Nobody", PartyKind.SMALL_SUPPLIER, [])
    with pytest.raises(endpoints.NothingToTell):
        endpoints.add_endpoint(nobody, WEBHOOK, "https://receiver.example/")
    assert notice_queries.list_endpoints(DCC) == []
