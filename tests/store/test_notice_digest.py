"""The email digest: one mail about all that is new, and none before others had time to join."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import override_settings

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party
from firmtrack.accounts.parties import add_party
from firmtrack.domain.stages import Status
from firmtrack.environment import MailServer
from firmtrack.notices import endpoints
from firmtrack.notices.calling import Caller
from firmtrack.notices.email_digest import EMAIL_DIGEST
from firmtrack.notices.incidents import OPENING_DELAY
from firmtrack.presentation.wording import reason_text
from firmtrack.store.database import pool
from tests.store.facts import ALPHA_ID, METERS, REQUEST_ID, at, reported, request, take
from tests.store.test_notices import dispatch, notices

SERVER = MailServer(host="127.0.0.1", port=9, user="", password="", is_secure=False)


@pytest.fixture
def caller() -> Iterator[Caller]:
    with closing(Caller(may_be_private=True)) as made:
        yield made


@pytest.fixture
def ada(database: str) -> Iterator[Party]:
    """Alpha, which has a mailbox for notices; two statuses of its devices have changed."""
    party = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])
    environment = replace(
        django_settings.ENVIRONMENT, mail_server=SERVER, public_address="https://portal.example"
    )
    with override_settings(
        ENVIRONMENT=environment, EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"
    ):
        mail.outbox = []
        endpoints.add_endpoint(party, EMAIL_DIGEST, "ada@alpha.example")
        take(request(sent_at=at(0)))
        take(reported(Status.DELIVERED_TO_COMMS_HUB, at(1), METERS[:2]))
        take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(2), METERS[:1], reason="N19"))
        yield party


@pytest.mark.usefixtures("ada")
def test_one_mail_tells_all_that_is_new(caller: Caller) -> None:
    dispatch(caller)
    dispatch(caller, now=datetime.now(UTC) + OPENING_DELAY)
    assert mail.outbox == []  # others may still join

    _let_pass("21 minutes")
    dispatch(caller)
    dispatch(caller)

    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["ada@alpha.example"], "Firmtrack: 2 notices")
    first, link_of_request, second, meaning, link_of_device = sent.body.splitlines()
    assert "The status of 2 devices changed to “Delivered to Communications Hub”" in first
    (_, failed) = notices()
    assert second.endswith(
        "Delivery to Communications Hub failed, reason N19: 1 update."
        f" Request {REQUEST_ID}. Device {METERS[0]}. First on 1 March."
        f" Incident {failed.incident_id}."
    )
    assert meaning.strip() == reason_text("N19", Status.COMMS_HUB_DELIVERY_FAILED)
    assert link_of_request.strip() == f"https://portal.example/service-requests/{REQUEST_ID}"
    assert link_of_device.strip() == f"https://portal.example/devices/{METERS[0]}"
    assert [notice.state for notice in notices()] == ["delivered", "delivered"]


@pytest.mark.usefixtures("ada")
def test_a_mail_server_that_cannot_be_reached_is_tried_again(caller: Caller) -> None:
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST=SERVER.host,
        EMAIL_PORT=SERVER.port,
    ):
        dispatch(caller)
        dispatch(caller, now=datetime.now(UTC) + OPENING_DELAY)
        _let_pass("21 minutes")
        dispatch(caller)
    (problem, _) = (notice.tries[0].problem for notice in notices())
    assert problem is not None
    assert "refused" in problem

    dispatch(caller)

    assert len(mail.outbox) == 1
    assert [notice.state for notice in notices()] == ["delivered", "delivered"]


def _let_pass(interval: str) -> None:
    with pool().connection() as connection:
        connection.execute(
            "UPDATE notice SET waits_since = waits_since - %s::interval", (interval,)
        )
