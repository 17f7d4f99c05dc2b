"""The quarantine's end: how much of one submitter may wait, and what is taken out for good."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from django.conf import settings
from django.test import override_settings

from firmtrack.domain.facts import Message
from firmtrack.duis.writer import write
from firmtrack.intake.envelopes import JSON_MEDIA_TYPE, Envelope
from firmtrack.intake.reading import ReadingRules, read_envelopes
from firmtrack.intake.receive import Outcome, OutcomeKind, Submitter, receive, settle
from firmtrack.intake.replay import replay
from firmtrack.store.database import pool
from firmtrack.store.ledger.quarantine import (
    Discarding,
    discard,
    find_quarantined,
    list_discarded,
    list_quarantine,
)
from firmtrack.store.ledger.quarantine_quotas import LEAST_BYTES, QuarantineUse, quarantine_use
from tests.unit.duis import samples

pytestmark = pytest.mark.usefixtures("database")

ALPHA = Submitter("Alpha", frozenset({samples.ALPHA}), may_submit_all=False, token="x4Qa")
ALPHA_BY_ANOTHER_TOKEN = replace(ALPHA, token="y5Rb")
BRAVO = Submitter("Bravo", frozenset({samples.BRAVO}), may_submit_all=False)
REQUEST = write(samples.update_firmware())
QUOTA_BYTES = 1_000_000


@pytest.fixture(autouse=True)
def quota() -> Iterator[None]:
    """Let a million octets of each submitter wait."""
    few = replace(settings.ENVIRONMENT, quarantine_megabytes=1)
    with override_settings(ENVIRONMENT=few):
        yield


def bad(number: int, size: int = 300_000) -> bytes:
    return (b"bad %d" % number).ljust(size, b".")


def taken(*bodies: bytes, submitter: Submitter = ALPHA) -> list[Outcome]:
    return receive(
        [
            Envelope(body=body, media_type="application/xml", received_at=None, origin="a test")
            for body in bodies
        ],
        submitter,
    )


def kinds(outcomes: list[Outcome]) -> list[str]:
    return [str(outcome.outcome) for outcome in outcomes]


def test_beyond_its_quota_nothing_of_a_submitter_is_kept_but_a_count() -> None:
    first = taken(*map(bad, range(3)))
    beyond = taken(bad(3), bad(4), REQUEST, bad(0), submitter=ALPHA_BY_ANOTHER_TOKEN)

    assert kinds(first) == ["quarantined"] * 3
    # What is right is taken, and what waits already needs no room.
    assert kinds(beyond) == ["refused", "refused", "recorded", "quarantined"]
    assert (beyond[0].reason_code, beyond[0].quarantine_id) == ("not_xml", None)
    assert len(list_quarantine()) == 3
    (use,) = quarantine_use()
    assert use.last_refused_at is not None
    assert replace(use, last_refused_at=None) == QuarantineUse(
        submitter="Alpha", items=3, octets=900_000, times_refused=2, octets_refused=600_000,
        last_refused_at=None,
    )  # fmt: skip


def test_a_small_input_counts_as_something() -> None:
    outcomes = taken(*(b"%d" % number for number in range(250)))

    assert Counter(kinds(outcomes)) == {"quarantined": QUOTA_BYTES // LEAST_BYTES, "refused": 6}


def test_a_submitter_has_a_quota_of_its_own_and_the_operator_none() -> None:
    taken(*map(bad, range(4)))

    assert kinds(taken(bad(5), submitter=BRAVO)) == ["quarantined"]
    many = taken(*map(bad, range(10, 20)), submitter=Submitter.operator())
    assert kinds(many) == ["quarantined"] * 10


def test_many_at_once_keep_to_the_quota_exactly() -> None:
    with ThreadPoolExecutor(6) as threads:
        outcomes = list(threads.map(lambda number: taken(bad(number))[0], range(24)))

    assert Counter(kinds(outcomes)) == {"quarantined": 3, "refused": 21}
    (use,) = quarantine_use()
    assert (use.items, use.octets, use.times_refused) == (3, 900_000, 21)


def test_what_was_replayed_or_discarded_makes_room() -> None:
    own = taken(REQUEST, submitter=BRAVO)[0].quarantine_id
    assert own is not None
    taken(*map(bad, range(4)), submitter=BRAVO)
    assert replay(own).outcome is OutcomeKind.RECORDED
    after_replay = kinds(taken(bad(10), bad(11), submitter=BRAVO))
    discard(Discarding(submitter="Bravo", discarded_by="root", because="Nonsense."))

    assert after_replay == ["refused", "refused"] or after_replay == ["quarantined", "refused"]
    assert kinds(taken(*map(bad, range(20, 24)), submitter=BRAVO)) == ["quarantined"] * 3 + [
        "refused"
    ]


def test_of_what_is_discarded_a_record_stays_and_it_is_judged_anew() -> None:
    (refused,) = taken(REQUEST, submitter=BRAVO)
    assert refused.quarantine_id is not None
    discarding = Discarding(
        quarantine_ids=[refused.quarantine_id, 10**9], discarded_by="root", because="By mistake."
    )

    assert discard(discarding) == [refused.quarantine_id]
    assert discard(discarding) == []

    assert list_quarantine(waiting_only=False) == []
    assert find_quarantined(refused.quarantine_id) is None
    (record,) = list_discarded()
    assert (record.because, record.discarded_by, record.submitter) == (
        "By mistake.", "root", "Bravo",
    )  # fmt: skip
    assert (record.sha256, record.body_bytes) == (sha256(REQUEST).hexdigest(), len(REQUEST))
    assert record.reason_code == "not_yours"
    (again,) = taken(REQUEST, submitter=BRAVO)
    assert again.outcome is OutcomeKind.QUARANTINED
    assert again.quarantine_id != refused.quarantine_id
    assert kinds(taken(REQUEST)) == ["recorded"]


def test_what_waits_of_one_submitter_is_discarded_up_to_a_time() -> None:
    taken(bad(1))
    taken(bad(2), submitter=BRAVO)
    early = datetime.now(UTC) - timedelta(hours=1)

    def discarded(before: datetime | None) -> int:
        wanted = Discarding(submitter="Alpha", before=before, discarded_by="root", because="x")
        return len(discard(wanted))

    assert [discarded(early), discarded(None), discarded(None)] == [0, 1, 0]
    assert [entry.submitter for entry in list_quarantine()] == ["Bravo"]


@pytest.mark.parametrize("body", [b"<a>" * 1_000, bytes(range(256)) * 40, b""])
def test_what_waits_is_kept_packed_and_shown_as_it_came(body: bytes) -> None:
    (outcome,) = taken(body, submitter=Submitter.operator())

    assert outcome.quarantine_id is not None
    found = find_quarantined(outcome.quarantine_id)
    assert found is not None
    assert (found[0].body_bytes, found[1]) == (len(body), body)
    with pool().connection() as connection:
        stored = connection.execute("SELECT octet_length(body) FROM quarantine").fetchone()
        # What an earlier version kept stands as it came.
        connection.execute("UPDATE quarantine SET body = %s, unpacked_bytes = NULL", (body,))
    assert stored is not None
    assert stored[0] < max(600, len(body) // 4)
    found = find_quarantined(outcome.quarantine_id)
    assert found is not None
    assert (found[0].body_bytes, found[1]) == (len(body), body)


def test_what_the_database_cannot_hold_takes_no_other_message_along(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bodies = [REQUEST, write(samples.update_firmware_response()), b"<a/>"]
    envelopes = [
        Envelope(body=body, media_type=JSON_MEDIA_TYPE, received_at=None, origin="a test")
        for body in bodies
    ]
    rules = ReadingRules.of(settings.ENVIRONMENT.dcc_ids, None, settings.ENVIRONMENT.earliest_time)
    request, answer, unreadable = read_envelopes(
        [Envelope(each.body, "application/xml", None, "a test") for each in envelopes],
        rules,
        taken_at=datetime.now(UTC),
    )
    assert isinstance(request, Message)
    assert isinstance(answer, Message)
    broken = replace(answer, code="a\0b")

    outcomes = settle(envelopes, [request, broken, unreadable], Submitter.operator())

    assert kinds(outcomes) == ["recorded", "quarantined", "quarantined"]
    assert outcomes[1].reason_code == "not_recordable"
    assert "could not be recorded" in caplog.text
