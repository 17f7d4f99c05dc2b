"""Fourteen months of updates, each of which goes with the month that it is known to go with."""

from collections.abc import Sequence

import pytest
from psycopg import sql

from firmtrack.answers.requests import NoLongerKept
from firmtrack.diagnosis.requests import summary_of
from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import ActivationStep, CompletionStatus, Status
from firmtrack.intake.envelopes import Envelope
from firmtrack.intake.receive import OutcomeKind, Submitter, settle
from firmtrack.presentation.documents.requests import service_request
from firmtrack.presentation.times import day_text
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger.rereading import reread
from firmtrack.store.ledger.withdrawals import restore, withdraw
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reading.requests import find_request
from firmtrack.store.reports import cause_counting, performance, standings
from firmtrack.store.retention.facts import prune_facts
from tests.looking import find_device
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    DCC,
    DCC_ID,
    activation,
    answer,
    inventory,
    meter,
    reported,
    request,
    step,
    take,
)
from tests.store.pruned import NOW, day, first
from tests.store.pruned_world import World, answers, known_to_stay, stored

S = Status


def count_all() -> None:
    performance.refresh(now=NOW)
    with pool().connection() as connection:
        cause_counting.count_due(connection, now=NOW)
        standings.count_due(connection)


@pytest.fixture
def world(own_database: str) -> World:
    world = World()
    world.tell()
    count_all()
    return world


@pytest.mark.parametrize("months", [(2, 3, 5), (6,), (13,)])
def test_only_what_may_go_goes_and_what_stays_answers_as_before(
    world: World, months: Sequence[int]
) -> None:
    assert disagreements() == []
    for month in months:
        before = {viewer: answers(world, viewer) for viewer in (ALPHA, BRAVO, DCC)}

        prune_facts(first(month), is_rehearsal=False)

        assert stored(world) == known_to_stay(world, month)
        assert disagreements() == []
        for viewer, told in before.items():
            after = answers(world, viewer)
            assert after == {key: told[key] for key in after}
        count_all()
        assert disagreements() == []


def test_of_a_request_that_stays_it_is_told_how_many_went(world: World) -> None:
    prune_facts(first(2), is_rehearsal=False)
    prune_facts(first(5), is_rehearsal=False)

    found = find_request(BRAVO, world.request_id)

    assert found is not None
    assert found.device_count == 1
    assert found.no_longer_kept == NoLongerKept(
        before=first(5),
        completion_counts={CompletionStatus.FAILED: 2, CompletionStatus.SUCCESSFUL: 3},
    )
    assert summary_of(found) == (
        "The only device that Firmtrack still keeps is under way. 5 devices whose updates had "
        f"ended before {day_text(first(5).date())} are no longer kept: 2 Failed and 3 Successful."
    )
    document = service_request(found, summary_of(found))
    assert document.no_longer_kept is not None
    assert (document.no_longer_kept.failed, document.no_longer_kept.successful) == (2, 3)
    assert find_request(ALPHA, world.request_id) is None


def test_a_device_whose_updates_went_answers_as_one_without(world: World) -> None:
    gone, other = world.stories[0], world.stories[1]
    prune_facts(first(2), is_rehearsal=False)

    # Nothing else is known of the one; of the other, Bravo asked what it is.
    assert find_device(ALPHA, other.device_id) is None
    assert find_device(DCC, other.device_id) is None
    for viewer in (BRAVO, DCC):
        device = find_device(viewer, gone.device_id)
        assert device is not None
        assert (device.distributions, device.unattributed, device.other_activations) == ((), (), ())
        assert device.inventory is not None
        assert device.inventory.model == "45"


# The failure of two, and the ends of two and of one more; two of them in one message.
GONE_OF_MANY = 4


def ignored() -> int:
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT count FROM ignored_count WHERE kind = 'before_retention'"
        ).fetchone()
    return 0 if row is None else row[0]


def test_what_comes_again_from_before_is_ignored_and_what_stays_is_a_duplicate(
    world: World,
) -> None:
    prune_facts(first(5), is_rehearsal=False)
    before = stored(world)
    kept = {each for pair in known_to_stay(world, 5) for each in pair}

    for messages in (world.messages, list(reversed(world.messages))):
        for number in range(0, len(messages), 7):
            receipt = take(*messages[number : number + 7])
            assert not any(receipt.is_new)

    assert stored(world) == before
    assert disagreements() == []
    of_gone = [
        each for story in world.stories if story.request_id not in kept for each in story.messages
    ]
    # Of the many, one request stays, of which three words are gone with their devices.
    gone = len(of_gone) + len(world.unattributed) + GONE_OF_MANY
    assert ignored() == 2 * gone


def test_late_word_from_before_is_recorded_only_of_what_is_kept(world: World) -> None:
    prune_facts(first(5), is_rehearsal=False)
    gone, stays = world.stories[0], next(each for each in world.stories if each.goes is None)
    late = day(1, 20)
    unknown = RequestId(ALPHA_ID, DCC_ID, 4711)

    def judged(message: Message) -> str:
        receipt = take(message)
        return "new" if receipt.is_new[0] else "gone" if receipt.is_gone[0] else "known"

    assert (
        judged(reported(S.VERIFIED, late, [gone.device_id], request_id=gone.request_id)) == "gone"
    )
    assert judged(reported(S.VERIFIED, late, [gone.device_id], request_id=None)) == "gone"
    assert judged(reported(S.VERIFIED, late, [meter(999)], request_id=unknown)) == "gone"
    assert judged(answer(gone.request_id, answered_at=late)) == "gone"
    assert judged(step(S.SENT_TO_CSP, late, request_id=gone.request_id)) == "gone"
    assert judged(request(gone.request_id, [gone.device_id], sent_at=None)) == "gone"
    assert (
        judged(reported(S.SENT_TO_CSP, late, world.many[:2], request_id=world.request_id)) == "gone"
    )
    asks = activation(ActivationStep.REQUESTED, None, device_id=gone.device_id, counter=9)
    activated = next(each for each in world.stories if each.name == "activated within its month")
    again = activation(ActivationStep.REQUESTED, None, device_id=activated.device_id)
    assert judged(again) == "gone"
    assert find_request(DCC, gone.request_id) is None
    assert find_request(DCC, unknown) is None
    assert stored(world) == known_to_stay(world, 5)

    assert (
        judged(reported(S.SENT_TO_CSP, late, [stays.device_id], request_id=stays.request_id))
        == "new"
    )
    assert judged(reported(S.SENT_TO_CSP, late, [stays.device_id], request_id=None)) == "new"
    assert (
        judged(reported(S.SENT_TO_CSP, late, world.many[1:], request_id=world.request_id)) == "new"
    )
    assert judged(answer(world.request_id, answered_at=late)) == "new"
    assert judged(inventory(late, gone.device_id, model="46")) == "new"
    assert (
        judged(reported(S.VERIFIED, day(13, 2), [gone.device_id], request_id=gone.request_id))
        == "new"
    )
    assert judged(asks) == "new"
    assert disagreements() == []


def test_what_is_taken_back_or_restored_brings_nothing_back_that_went(world: World) -> None:
    prune_facts(first(2), is_rehearsal=False)
    asked, answered = world.of_many[:2]

    for _ in range(2):
        assert withdraw([asked], "a test", world.read)
        assert disagreements() == []
        assert restore([asked], "a test", world.read)
        assert stored(world) == known_to_stay(world, 2)
        assert withdraw([answered], "a test", world.read)
        assert restore([answered], "a test", world.read)
    assert stored(world) == known_to_stay(world, 2)
    assert disagreements() == []
    assert withdraw([world.stories[0].messages[2]], "a test", world.read) == frozenset()
    assert stored(world) == known_to_stay(world, 2)


def test_reading_again_brings_nothing_back_that_went(world: World) -> None:
    prune_facts(first(2), is_rehearsal=False)
    with pool().connection() as connection:
        connection.execute("DELETE FROM rereading")

    list(reread(world.read))

    assert stored(world) == known_to_stay(world, 2)
    assert disagreements() == []


NAMES_A_FACT = {"request_key", "named_request_key", "device_id", "message_id"}
# What people and parties were told, and what is remembered of what went, has a life of its own.
OWN_LIFE = {
    "pruned_distribution", "status_change", "withdrawal", "withdrawn_again", "device",
    "recorded_inventory_statement", "recorded_supplier_change", "proposal", "verdict",
    "stream_outcome",
}  # fmt: skip


# These are of what people watch, of parties' causes, and of what waits to be done.
NEVER_FILLED = {
    "watch", "party_cause", "party_incident_device", "stale_device", "unfolded_device",
    "touched_fact", "going_distribution", "going_activation", "going_tie",
}  # fmt: skip
# What no count of this world leaves.
MORE = (
    "INSERT INTO stalled_update SELECT request_key, device_id, 4 FROM distribution",
    "INSERT INTO stalled_distribution SELECT device_id, request_key, 4, now() FROM distribution",
    "INSERT INTO stay_at_hub SELECT request_key, 4, device_id, 1, now(), false FROM distribution",
    """
    INSERT INTO distribution_history SELECT device_id, request_key, now(), now() FROM distribution
    """,
    "INSERT INTO uncounted_request SELECT request_key, 'an error', now() FROM request",
    "INSERT INTO stale_request SELECT request_key FROM request",
    "INSERT INTO standing_due (request_key) SELECT request_key FROM request",
    """
    INSERT INTO wait_limit (request_key, segment_key, stage, estimate_key, passes, expected_passes)
    SELECT request_key, 1, 4, 1, 1, 1 FROM request
    """,
    "INSERT INTO cause_due SELECT request_key FROM request",
    "INSERT INTO cohort SELECT request_key, '', 4, now(), '{}', '{}', '{}' FROM request",
    "INSERT INTO hub_stay SELECT request_key, 4, '{}', '{}' FROM request",
    "INSERT INTO stay_in_progress SELECT request_key, 1, 4, 1, 1 FROM request",
    "INSERT INTO performance_duration SELECT request_key, 1, 4, '{}', '{}' FROM request",
)


def tables_with(columns: set[str]) -> list[tuple[str, str]]:
    """Return all tables of rows with a column that names a fact, and that column."""
    with pool().connection() as connection:
        found = connection.execute(
            "SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a"
            " ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace"
            " AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0"
            " AND NOT a.attisdropped AND a.attname = ANY (%s)",
            (list(columns),),
        ).fetchall()
    return [(table, column) for table, column in found if table not in OWN_LIFE]


def values_of(table: str, column: str) -> set[object]:
    with pool().connection() as connection:
        query = sql.SQL("SELECT DISTINCT {} FROM {}").format(
            sql.Identifier(column), sql.Identifier(table)
        )
        return {row[0] for row in connection.execute(query)}


def test_a_request_that_goes_leaves_no_row_behind_in_any_table(world: World) -> None:
    keys = "SELECT request_key FROM request"
    with pool().connection() as connection:
        before = {key for (key,) in connection.execute(keys)}
        for query in MORE:
            connection.execute(f"{query} ON CONFLICT DO NOTHING")
    filled = {table for table, column in tables_with(NAMES_A_FACT) if values_of(table, column)}
    told = {each.message_id for each in world.messages}
    assert {"cause_count", "performance_count", "request_standing", "trouble_update",
            "recorded_request_naming", "stay", "comms_hub_device",
            "stay_at_hub"} <= filled  # fmt: skip
    empty = {table for table, _ in tables_with(NAMES_A_FACT)} - filled
    assert empty <= NEVER_FILLED, "fill it in MORE, so that it is seen to be emptied"

    prune_facts(first(13), is_rehearsal=False)

    with pool().connection() as connection:
        after = {key for (key,) in connection.execute(keys)}
    stays = known_to_stay(world, 13)
    devices = {to_bigint(device_id) for device_id, _ in stays}
    messages = {
        each.message_id
        for story in world.stories
        if (story.device_id, story.request_id) in stays
        for each in story.messages
    } | {each.message_id for each in world.of_many}
    assert len(before) - len(after) == sum(
        (story.device_id, story.request_id) not in stays for story in world.stories
    )
    for table, column in tables_with(NAMES_A_FACT):
        left = values_of(table, column) - {None}
        if column in {"request_key", "named_request_key"}:
            assert left <= after, table
        elif column == "device_id":
            assert left <= devices, table
        else:
            assert left & told <= messages, table


def test_who_hands_in_what_has_gone_is_told_that_it_was_ignored(world: World) -> None:
    prune_facts(first(2), is_rehearsal=False)
    gone, stays = world.stories[0].messages[-1], world.stories[7].messages[-1]
    envelopes = [
        Envelope(body=b"<a/>", media_type="application/xml", received_at=None, origin="a test")
    ] * 2

    outcomes = settle(envelopes, [gone, stays], Submitter.operator())

    assert [each.outcome for each in outcomes] == [OutcomeKind.IGNORED, OutcomeKind.DUPLICATE]
    assert ignored() == 1
