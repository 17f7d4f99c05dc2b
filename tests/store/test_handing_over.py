"""What is handed over to the stream is there, and what the stream refused leaves nothing behind."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from django.conf import settings
from django.test import override_settings
from nats.aio.client import Client

from firmtrack.errors import FirmtrackError
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, JSON_MEDIA_TYPE, Envelope
from firmtrack.stream import publishing
from firmtrack.stream.connection import Access, StreamAway
from firmtrack.stream.names import DUIS_SUBJECT, STREAM, SUBJECTS
from firmtrack.stream.publishing import HandedIn, StreamFull
from tests.journeys.processes import wait_until
from tests.streams import Cluster
from tests.working import asked, bodies_in, state_of

_LARGE = 2 << 20
_PARTS_OF_LARGE = 17  # of 128 KiB each, and what is known of them
_UNANSWERED_SECONDS = 60.0


@pytest.fixture
def stream(stream_node: Cluster) -> Iterator[Cluster]:
    """A stream that this process hands over to."""
    named = replace(
        settings.ENVIRONMENT,
        nats_url=tuple(stream_node.url.split(",")),
        stream_monitoring=tuple(stream_node.monitoring_urls.split(",")),
    )
    with override_settings(ENVIRONMENT=named):
        yield stream_node
        publishing.close()


def message(number: int, *, size: int = 10, media_type: str = DUIS_MEDIA_TYPE) -> HandedIn:
    body = str(number).encode().ljust(size)
    envelope = Envelope(body=body, media_type=media_type, received_at=None, origin="a test")
    return HandedIn(envelope=envelope, message_id=UUID(int=number), submitter="Alpha", token=None)


def handed_over(*messages: HandedIn) -> Sequence[FirmtrackError | None]:
    return publishing.hand_over(Access.of(settings.ENVIRONMENT), messages)


def configured(cluster: Cluster, **changes: object) -> None:
    """Have the stream be otherwise."""

    async def change(client: Client) -> None:
        info = await client.jsm().stream_info(STREAM)
        await client.jsm().update_stream(info.config.evolve(**changes))

    asked(cluster, change)


def test_of_a_large_message_that_the_stream_refused_no_body_is_left(stream: Cluster) -> None:
    configured(stream, max_msgs=1)

    assert handed_over(message(1, size=_LARGE)) == [None]
    for _ in range(3):  # it is tried again and again
        with pytest.raises(StreamFull):
            handed_over(message(2, size=_LARGE))

    assert state_of(stream).messages == 1
    assert bodies_in(stream) == _PARTS_OF_LARGE


def test_what_another_stream_would_take_is_not_handed_over(stream: Cluster) -> None:
    async def give_reports_elsewhere(client: Client) -> None:
        await client.jsm().add_stream(
            name="ELSEWHERE", subjects=[SUBJECTS.replace(">", "report")], storage="memory"
        )

    configured(stream, subjects=[DUIS_SUBJECT])
    asked(stream, give_reports_elsewhere)

    with pytest.raises(StreamAway):
        handed_over(message(1, media_type=JSON_MEDIA_TYPE))
    assert handed_over(message(2)) == [None]
    assert state_of(stream, "ELSEWHERE").messages == 0


def test_a_process_that_was_shut_out_for_a_while_hands_over_again(stream: Cluster) -> None:
    (node,) = stream.nodes
    assert handed_over(message(1)) == [None]

    node.ask_for_password(wanted=True)
    wait_until(lambda: node.ask("/connz")["num_connections"] == 0, "it is shut out")
    with pytest.raises(StreamAway):
        handed_over(message(2))
    node.ask_for_password(wanted=False)

    def is_handed_over() -> bool:
        try:
            return handed_over(message(3)) == [None]
        except StreamAway:
            return False

    wait_until(is_handed_over, "it is let in again")
    assert state_of(stream).messages == 2


def test_many_messages_wait_no_longer_for_a_stream_that_is_silent_than_a_few(
    stream: Cluster,
) -> None:
    (node,) = stream.nodes
    assert handed_over(message(1)) == [None]

    node.freeze()
    began_at = time.monotonic()
    try:
        with pytest.raises(StreamAway):
            handed_over(*map(message, range(2, 10_000)))
    finally:
        node.thaw()

    assert time.monotonic() - began_at < _UNANSWERED_SECONDS
