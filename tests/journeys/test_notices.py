"""Notices arrive exactly once by webhook-id, whatever befalls the receiver or the dispatcher."""

import json
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from django.test import override_settings
from standardwebhooks.webhooks import Webhook

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party
from firmtrack.accounts.parties import add_party
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.notices import queries as notice_queries
from firmtrack.notices.channels import channel_named
from firmtrack.notices.endpoints import add_endpoint
from firmtrack.settings import ENVIRONMENT
from tests.journeys.processes import ended, firmtrack, on, until_said, wait_until
from tests.store.facts import ALPHA_ID, BRAVO_ID, DCC_ID, METERS, at, request, take, told
from tests.store.receiver import Receiver, Reply

OPERATOR = Viewer.of_dcc("operator")
_HOPS = (
    Status.SENT_TO_CSP,
    Status.DELIVERED_TO_COMMS_HUB,
    Status.COMMS_HUB_DELIVERY_FAILED,
)


@pytest.fixture
def alpha(database: str) -> Party:
    return add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])


@pytest.fixture
def settings_for(database: str, tmp_path: Path) -> dict[str, str]:
    return on(database, tmp_path) | {"FIRMTRACK_NOTICE_PRIVATE_ADDRESSES": "on"}


def added(party: Party, receiver: Receiver) -> str:
    """Have the party told by a webhook, and return its secret."""
    with override_settings(ENVIRONMENT=replace(ENVIRONMENT, notice_private_addresses=True)):
        made = add_endpoint(party, channel_named("webhook"), receiver.url)
    assert made.secret is not None
    return made.secret


@contextmanager
def dispatching(env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Let a dispatcher run from when it says that it sends until it is stopped."""
    process = firmtrack("dispatch", env=env)
    try:
        until_said(process, "Sending notices.")
        yield process
    finally:
        process.terminate()
        status, _, errors = ended(process)
    assert status == 0, errors


def happen(requests: int, originator: Eui64 = ALPHA_ID) -> None:
    """Let many statuses change, so that each request's devices move again and again."""
    for number in range(requests):
        request_id = RequestId(originator, DCC_ID, 10_000 + number)
        take(request(request_id, METERS, sent_at=at(0)))
        for minute, status in enumerate(_HOPS):
            take(told(status, at(1 + minute), METERS, request_id=request_id))


def settled(expected: int) -> Callable[[], bool]:
    def is_so() -> bool:
        page = notice_queries.list_notices(OPERATOR, limit=1_000)
        return len(page.items) == expected and all(n.state == "delivered" for n in page.items)

    return is_so


def assert_exactly_once(receiver: Receiver, secret: str, expected: int) -> None:
    """Every notice came, is signed, and the last word about each device came last."""
    notices = notice_queries.list_notices(OPERATOR, limit=1_000).items
    assert {str(notice.notice_id) for notice in notices} == set(receiver.taken)
    assert len(receiver.taken) == expected
    first_at = [receiver.taken[str(n.notice_id)].at for n in reversed(notices)]
    assert all(earlier <= later for earlier, later in pairwise(first_at))
    for call in receiver.taken.values():
        Webhook(secret).verify(call.body, dict(call.headers))
        assert json.loads(call.body)["id"] == call.webhook_id


def test_a_receiver_that_is_down_for_a_while_gets_everything(
    alpha: Party, settings_for: dict[str, str]
) -> None:
    with Receiver() as receiver:
        secret = added(alpha, receiver)
    happen(3)
    with dispatching(settings_for):
        wait_until(_was_tried, "it was tried in vain")
        with receiver:
            wait_until(settled(9), "all was delivered")
            assert_exactly_once(receiver, secret, 9)


def _was_tried() -> bool:
    return any(n.tries for n in notice_queries.list_notices(OPERATOR, limit=10).items)


def test_a_receiver_that_fails_at_random_gets_everything(
    alpha: Party, settings_for: dict[str, str]
) -> None:
    chance = random.Random(3)
    with Receiver(lambda _: Reply(chance.choice([204, 500, 200, 202]))) as receiver:
        secret = added(alpha, receiver)
        happen(4)
        with dispatching(settings_for):
            wait_until(settled(12), "all was delivered")
        assert_exactly_once(receiver, secret, 12)
        assert set(receiver.acknowledged.values()) == {1}


def test_three_dispatchers_send_each_notice_once_and_in_order(
    alpha: Party, settings_for: dict[str, str]
) -> None:
    with Receiver() as receiver:
        secret = added(alpha, receiver)
        with dispatching(settings_for), dispatching(settings_for), dispatching(settings_for):
            happen(2)
            wait_until(_was_tried, "the first were sent")
            happen(4)
            wait_until(settled(12), "all was delivered")
        assert_exactly_once(receiver, secret, 12)
        assert len(receiver.calls) == 12


def test_a_dispatcher_killed_at_any_moment_loses_nothing(
    alpha: Party, settings_for: dict[str, str]
) -> None:
    chance = random.Random(5)
    with Receiver(lambda _: Reply(after_seconds=0.05)) as receiver:
        secret = added(alpha, receiver)
        happen(10)
        for _ in range(4):
            before = len(receiver.calls)
            process = firmtrack("dispatch", env=settings_for)
            goal = before + chance.randrange(1, 6)
            wait_until(
                lambda goal=goal: len(receiver.calls) >= goal,  # type: ignore[misc]  # a lambda that holds its own goal
                "some were sent",
            )
            time.sleep(chance.random() / 20)
            process.kill()
            ended(process)
        with dispatching(settings_for):
            wait_until(settled(30), "all was delivered")
        assert_exactly_once(receiver, secret, 30)


def test_a_party_that_hangs_does_not_slow_the_others(
    alpha: Party, settings_for: dict[str, str]
) -> None:
    bravo = add_party("Bravo Power", PartyKind.SMALL_SUPPLIER, [BRAVO_ID])
    with Receiver(lambda _: Reply(after_seconds=600)) as slow, Receiver() as quick:
        for _ in range(6):
            added(alpha, slow)
        added(bravo, quick)
        happen(1)
        with dispatching(settings_for):
            wait_until(lambda: len(slow.calls) >= 6, "the slow ones hang")
            happen(1, BRAVO_ID)
            wait_until(lambda: len(quick.taken) == 3, "the quick one was told")
            assert not slow.taken


def test_each_party_gets_its_own_notices_and_no_others(
    alpha: Party, settings_for: dict[str, str]
) -> None:
    bravo = add_party("Bravo Power", PartyKind.SMALL_SUPPLIER, [BRAVO_ID])
    with Receiver() as alphas, Receiver() as bravos:
        added(alpha, alphas)
        added(bravo, bravos)
        happen(2)
        happen(1, BRAVO_ID)
        with dispatching(settings_for):
            wait_until(settled(9), "all was delivered")

    assert _user_ids(alphas) == {str(ALPHA_ID)}
    assert _user_ids(bravos) == {str(BRAVO_ID)}


def _user_ids(receiver: Receiver) -> set[str]:
    return {json.loads(call.body)["data"]["user_id"] for call in receiver.calls}
