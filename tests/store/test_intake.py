"""Taking messages in: judged one by one, recorded together; the quarantine, and the way back."""

import gzip
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from firmtrack.domain.identifiers import Eui64, ResponseId
from firmtrack.domain.stages import Status
from firmtrack.duis import documents as d
from firmtrack.duis.trust import TrustStore
from firmtrack.duis.writer import write
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, JSON_MEDIA_TYPE, Envelope, envelope_of_line
from firmtrack.intake.files import envelopes_in
from firmtrack.intake.ingest import ingest
from firmtrack.intake.reading import ReadingRules, read_envelopes
from firmtrack.intake.receive import Outcome, OutcomeKind, Submitter, receive, settle
from firmtrack.intake.replay import CannotReplay, replay, replayable
from firmtrack.store.database import pool
from firmtrack.store.ledger.quarantine import find_quarantined, list_quarantine
from tests.pki import make_identity, write_trust_store
from tests.store.facts import distribution
from tests.unit.duis import activation_samples, samples
from tests.unit.intake.archives import tar_of

pytestmark = pytest.mark.usefixtures("database")

OPERATOR = Submitter.operator()
REQUEST = write(samples.update_firmware())
ACCEPTED = write(samples.update_firmware_response())
IGNORED = write(samples.IGNORED["power_outage_event"])
TO_BRAVO = ResponseId(samples.DCC, samples.BRAVO, 77)
EARLIEST = datetime(2013, 1, 1, tzinfo=UTC)
ALPHAS = make_identity(samples.ALPHA, 1)
BRAVOS = make_identity(samples.BRAVO, 2)
DCCS = make_identity(samples.DCC, 3)
UNKNOWNS = make_identity(samples.ALPHA, 4)


def envelope(body: bytes, media_type: str = DUIS_MEDIA_TYPE) -> Envelope:
    return Envelope(body=body, media_type=media_type, received_at=None, origin="a test")


def taken(*bodies: bytes, submitter: Submitter = OPERATOR) -> list[Outcome]:
    return receive([envelope(body) for body in bodies], submitter)


def kinds(outcomes: list[Outcome]) -> list[OutcomeKind]:
    return [outcome.outcome for outcome in outcomes]


def test_each_message_of_a_batch_is_answered_for_in_its_place() -> None:
    outcomes = taken(REQUEST, b"<a/>", IGNORED, REQUEST, ACCEPTED, b"", b"<a/>")

    assert kinds(outcomes) == [
        OutcomeKind.RECORDED,
        OutcomeKind.QUARANTINED,
        OutcomeKind.IGNORED,
        OutcomeKind.DUPLICATE,
        OutcomeKind.RECORDED,
        OutcomeKind.QUARANTINED,
        OutcomeKind.QUARANTINED,
    ]
    assert [outcome.events for outcome in outcomes] == [1, 0, 0, 0, 1, 0, 0]
    assert outcomes[0].message_id == outcomes[3].message_id is not None
    assert outcomes[1].quarantine_id == outcomes[6].quarantine_id != outcomes[5].quarantine_id
    assert outcomes[1].reason_code == "unknown_root"


def test_the_same_message_from_different_submitters_is_one() -> None:
    alpha = Submitter("Alpha", frozenset({samples.ALPHA}), may_submit_all=False)
    bravo = Submitter("Bravo", frozenset({samples.BRAVO}), may_submit_all=False)

    assert kinds(taken(REQUEST, submitter=bravo)) == [OutcomeKind.QUARANTINED]
    assert kinds(taken(REQUEST, submitter=alpha)) == [OutcomeKind.RECORDED]
    assert kinds(taken(REQUEST, submitter=OPERATOR)) == [OutcomeKind.DUPLICATE]
    (entry,) = list_quarantine()
    assert (entry.reason_code, entry.submitter) == ("not_yours", "Bravo")


@pytest.mark.parametrize(
    "document",
    [
        replace(activation_samples.acknowledgement("E5"), response_id=TO_BRAVO),
        d.DccAlert(
            response_id=TO_BRAVO,
            responded_at=samples.NOW,
            alert_code="N13",
            body=d.CommandFailure(
                command_request_id=activation_samples.ACTIVATION_ID, device_id=samples.METER
            ),
        ),
        replace(activation_samples.verdict(), response_id=TO_BRAVO),
        d.DccAlert(
            response_id=TO_BRAVO,
            responded_at=samples.NOW,
            alert_code="N57",
            body=d.QuarantinedRequest(
                breach=next(iter(d.QuarantineBreach)),
                request_id=samples.REQUEST_ID,
                quarantine_event_ref=1,
            ),
        ),
    ],
    ids=["an activation's answer", "a failure", "an inventory update's answer", "a quarantine"],
)
def test_nobody_hands_in_word_on_anothers_request(document: d.Document) -> None:
    bravo = Submitter("Bravo", frozenset({samples.BRAVO}), may_submit_all=False)

    (outcome,) = taken(write(document), submitter=bravo)

    assert outcome.reason_code == "not_yours"
    assert kinds(taken(write(document), submitter=OPERATOR)) == [OutcomeKind.RECORDED]


@pytest.mark.parametrize(
    "poison",
    [
        envelope(b'{"status": "a\\u0000b"}', JSON_MEDIA_TYPE),
        envelope(b'{"id": "\xff"}', JSON_MEDIA_TYPE),
        envelope(b"[" * 100_000, JSON_MEDIA_TYPE),
        envelope(b"\0" * 100),
        structs.replace(envelope(b"<a/>"), origin="a.tar!\udcff\0"),
        envelope_of_line(b"\xff\xfe", "a line"),
    ],
    ids=repr,
)
def test_no_message_stops_its_neighbours(poison: Envelope) -> None:
    outcomes = receive([envelope(REQUEST), poison, envelope(ACCEPTED)], OPERATOR)

    assert kinds(outcomes) == [
        OutcomeKind.RECORDED,
        OutcomeKind.QUARANTINED,
        OutcomeKind.RECORDED,
    ]


def test_bad_members_of_an_archive_are_quarantined_and_the_good_recorded(tmp_path: Path) -> None:
    path = tmp_path / "traffic.tar.gz"
    members = {"1": REQUEST, "../2": ACCEPTED, "3": b"<a", "4": b"\x1f\x8bbad", "5": ACCEPTED}
    path.write_bytes(gzip.compress(tar_of(members)))

    tally = ingest(envelopes_in(path), OPERATOR)

    assert tally.outcomes == {OutcomeKind.RECORDED: 2, OutcomeKind.QUARANTINED: 3}
    reasons = {entry.origin: entry.reason_code for entry in list_quarantine()}
    assert reasons == {
        f"{path}!../2": "unsafe_path",
        f"{path}!3": "not_xml",
        f"{path}!4": "bad_archive",
    }
    assert distribution(samples.METER, samples.REQUEST_ID).status is Status.ACCEPTED


def test_with_a_trust_store_what_is_not_rightly_signed_is_quarantined(tmp_path: Path) -> None:
    trust = TrustStore.load(write_trust_store(tmp_path / "trust", ALPHAS, BRAVOS, DCCS))
    rules = ReadingRules(dcc_ids=frozenset({samples.DCC}), earliest_at=EARLIEST, trust=trust)
    request, answer = samples.update_firmware(), samples.update_firmware_response()
    signed = write(request, signer=ALPHAS.signer)
    meter, other = str(samples.METER).encode(), str(Eui64(9)).encode()
    envelopes = list(
        map(
            envelope,
            [
                REQUEST,
                signed.replace(meter, other),
                write(request, signer=BRAVOS.signer),
                write(request, signer=UNKNOWNS.signer),
                write(answer, signer=ALPHAS.signer),
                signed,
                write(answer, signer=DCCS.signer),
            ],
        )
    )

    outcomes = settle(
        envelopes, read_envelopes(envelopes, rules, taken_at=datetime.now(UTC)), OPERATOR
    )

    assert [outcome.reason_code for outcome in outcomes] == [
        "signature_missing",
        "signature_bad",
        "signer_mismatch",
        "signer_unknown",
        "signer_mismatch",
        None,
        None,
    ]
    assert kinds(outcomes[5:]) == [OutcomeKind.RECORDED, OutcomeKind.RECORDED]


# The quarantine, and the way back.


def quarantined(body: bytes, media_type: str = DUIS_MEDIA_TYPE) -> int:
    (outcome,) = receive([envelope(body, media_type)], OPERATOR)
    assert outcome.quarantine_id is not None
    return outcome.quarantine_id


def test_the_same_octets_again_are_one_entry_that_counts() -> None:
    assert quarantined(b"<a/>") == quarantined(b"<a/>")

    (entry,) = list_quarantine()
    assert (entry.times_received, entry.body_bytes, entry.is_whole) == (2, 4, True)
    assert entry.reason_code == "unknown_root"
    found = find_quarantined(entry.quarantine_id)
    assert found == (entry, b"<a/>")
    assert find_quarantined(entry.quarantine_id + 1) is None


def test_what_still_cannot_be_read_stays_and_is_not_counted_as_received() -> None:
    entry_id = quarantined(b"<a/>")

    outcome = replay(entry_id)
    fixed = replay(entry_id, b"<b/>")

    assert (outcome.outcome, outcome.quarantine_id) == (OutcomeKind.QUARANTINED, entry_id)
    assert (fixed.outcome, fixed.quarantine_id) == (OutcomeKind.QUARANTINED, entry_id)
    (entry,) = list_quarantine()
    assert (entry.times_received, entry.replay_outcome) == (1, None)


def test_a_message_that_was_someone_elses_is_taken_on_the_operators_word() -> None:
    stranger = Submitter("Stranger", frozenset(), may_submit_all=False)
    (refused,) = taken(REQUEST, submitter=stranger)
    assert refused.quarantine_id is not None

    assert replay(refused.quarantine_id).outcome is OutcomeKind.RECORDED
    assert replay(refused.quarantine_id).outcome is OutcomeKind.DUPLICATE
    assert list_quarantine() == []
    (entry,) = list_quarantine(waiting_only=False)
    assert entry.replay_outcome == "duplicate"


def test_a_message_that_was_someone_elses_is_not_among_those_replayed_together() -> None:
    stranger = Submitter("Stranger", frozenset(), may_submit_all=False)
    taken(REQUEST, submitter=stranger)
    unreadable = quarantined(b"<a/>")

    assert len(list_quarantine()) == 2
    assert replayable() == [unreadable]


def test_a_fixed_body_is_taken_in_its_place() -> None:
    entry_id = quarantined(REQUEST[:-5])

    assert replay(entry_id, REQUEST).outcome is OutcomeKind.RECORDED
    assert list_quarantine() == []


def test_a_line_whose_time_was_its_fault_is_taken_with_its_time() -> None:
    def line(time: str) -> bytes:
        return json.dumps({"xml": REQUEST.decode(), "time": time}).encode()

    (refused,) = receive([envelope_of_line(line("noon"), "a line")], OPERATOR)
    assert refused.quarantine_id is not None

    taken_after_all = replay(refused.quarantine_id, line("2026-03-01T12:00:00Z"))

    assert taken_after_all.outcome is OutcomeKind.RECORDED
    with pool().connection() as connection:
        ((sent_at,),) = connection.execute("SELECT sent_at FROM request").fetchall()
    assert sent_at.isoformat() == "2026-03-01T12:00:00+00:00"


def test_what_was_not_kept_whole_is_replayed_from_a_fix_only(tmp_path: Path) -> None:
    (tmp_path / "bad.tar").write_bytes(tar_of({"../a": REQUEST}))
    ingest(envelopes_in(tmp_path), OPERATOR)
    (entry,) = list_quarantine()

    with pytest.raises(CannotReplay, match="not kept whole"):
        replay(entry.quarantine_id)
    assert replay(entry.quarantine_id, REQUEST).outcome is OutcomeKind.RECORDED


def test_there_is_no_replay_of_what_is_not_there() -> None:
    with pytest.raises(CannotReplay, match="does not exist"):
        replay(1)


def test_many_small_chunks_by_many_processes_are_all_answered_for(tmp_path: Path) -> None:
    lines = [json.dumps({"xml": f"<a{number}/>"}) for number in range(4_500)]
    (tmp_path / "lines.jsonl").write_text("\n".join([*lines, lines[0]]))
    settled: list[int] = []

    tally = ingest(envelopes_in(tmp_path), OPERATOR, lambda so_far: settled.append(so_far.messages))

    assert tally.outcomes == Counter({OutcomeKind.QUARANTINED: 4_501})
    assert settled == [2_000, 4_000, 4_501]
    assert len(list_quarantine()) == 4_500
