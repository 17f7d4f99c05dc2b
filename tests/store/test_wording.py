"""What operators say of a code: kept once, shown everywhere, soon known to every server."""

import csv
import time
from collections.abc import Iterator
from io import StringIO

import pytest
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.diagnosis.phrases import as_sentence
from firmtrack.diagnosis.reading import diagnoses
from firmtrack.diagnosis.remedies import advice_on
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.domain.voice import Voice
from firmtrack.presentation import documents, wording
from firmtrack.presentation.csv import distributions_csv
from firmtrack.store import database as store_database
from firmtrack.store.wording import (
    MAXIMUM_AGE_SECONDS,
    TEXT_CHARACTERS,
    UnfitWording,
    clear_wording,
    current_wordings,
    list_wordings,
    set_wording,
)
from tests.looking import find_device
from tests.store.facts import (
    ALL,
    ALPHA,
    METER,
    METERS,
    REQUEST_ID,
    STRANGER,
    answer,
    at,
    reported,
    request,
    take,
)

OURS = "The image is larger than DCC takes."
OURS_MARKED = "The image is larger than DCC takes (wording of your operator)."
N19_IS_OURS = f"DCC reported a failure with code N19: {OURS_MARKED}"


@pytest.fixture
def other_server(database: str) -> Iterator[Connection[TupleRow]]:
    """A connection that this process's store knows nothing of."""
    with Connection.connect(database, autocommit=True) as connection:
        yield connection


def reasons_in_csv(viewer: Viewer) -> list[str]:
    octets = b"".join(distributions_csv(viewer, REQUEST_ID, ALL))
    return [row[4] for row in csv.reader(StringIO(octets.decode(), newline=""))][1:]


@pytest.mark.usefixtures("database")
def test_what_is_set_is_listed_by_code_with_who_and_when_and_the_last_word_counts() -> None:
    set_wording("N19", "An earlier word.", set_by="ann")
    set_wording("N19", OURS, set_by="olga")
    set_wording("E110101", OURS, set_by="olga")

    listed = list_wordings()

    assert [(each.code, each.text, each.set_by) for each in listed] == [
        ("E110101", OURS, "olga"),
        ("N19", OURS, "olga"),
    ]
    assert all(each.set_at.tzinfo is not None for each in listed)


@pytest.mark.usefixtures("database")
def test_what_is_cleared_is_as_if_it_had_never_been_set() -> None:
    before = wording.reason_text("N19", Status.COMMS_HUB_DELIVERY_FAILED)
    set_wording("N19", OURS, set_by="olga")
    assert wording.reason_text("N19", Status.COMMS_HUB_DELIVERY_FAILED) == N19_IS_OURS

    assert clear_wording("N19")
    assert not clear_wording("N19")

    assert wording.reason_text("N19", Status.COMMS_HUB_DELIVERY_FAILED) == before
    assert list_wordings() == []


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("", OURS),
        ("E 1", OURS),
        ("É1", OURS),
        ("E" * 65, OURS),
        ("N19", ""),
        ("N19", " "),
        ("N19", f"{OURS} "),
        ("N19", "Two\nlines."),
        ("N19", "Turned \u202eround."),
        ("N19", "x" * (TEXT_CHARACTERS + 1)),
    ],
)
def test_what_could_not_be_shown_on_a_line_is_refused(code: str, text: str) -> None:
    with pytest.raises(UnfitWording):
        set_wording(code, text, set_by="olga")
    assert list_wordings() == []


@pytest.mark.usefixtures("database")
def test_the_longest_text_and_code_are_taken() -> None:
    set_wording("x" * 64, "x" * TEXT_CHARACTERS, set_by="olga")
    assert len(current_wordings()["x" * 64].text) == TEXT_CHARACTERS


def test_another_servers_word_is_known_here_after_some_seconds(
    other_server: Connection[TupleRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert current_wordings() == {}
    other_server.execute("INSERT INTO code_wording VALUES ('N19', %s, 'olga')", [OURS])
    assert current_wordings() == {}, "asking again so soon costs no query"

    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + MAXIMUM_AGE_SECONDS + 1)

    assert current_wordings()["N19"].text == OURS


def test_a_process_without_a_database_has_no_word_of_operators(database: str) -> None:
    set_wording("N19", OURS, set_by="olga")
    assert "N19" in current_wordings()
    store_database.close()
    assert current_wordings() == {}


@pytest.mark.usefixtures("database")
def test_every_output_shows_what_the_operators_say_to_those_who_may_see_the_request() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(5), METERS[:1], reason="N19"))
    take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(5), METERS[1:2], reason="new_code"))
    set_wording("N19", OURS, set_by="olga")
    set_wording("new_code", '=HYPERLINK("x")', set_by="olga")

    shown = find_device(ALPHA, METER)

    assert shown is not None
    answer_shown = documents.device(shown, diagnoses(shown, now=at(6)), {})
    reason = answer_shown.distributions[0].current_status_reason
    assert reason is not None
    assert (reason.code, reason.text) == ("N19", N19_IS_OURS)
    assert reasons_in_csv(ALPHA)[:3] == [
        N19_IS_OURS,
        'Code new_code: =HYPERLINK("x") (wording of your operator).',
        "",
    ]
    assert reasons_in_csv(STRANGER) == []


@pytest.mark.usefixtures("database")
def test_dccs_answer_to_a_request_is_shown_in_the_operators_words_too() -> None:
    set_wording("W110101", OURS, set_by="olga")
    set_wording("E110101", OURS, set_by="olga")
    assert wording.answer_text("W110101") == OURS_MARKED
    assert (
        wording.answer_text("E110101")
        == f"DCC refused the request with code E110101: {OURS_MARKED}"
    )


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Try again.", "Try again (wording of your operator)."),
        ("Try again", "Try again (wording of your operator)."),
        ("The CSP says “try again.”", "The CSP says “try again.” (wording of your operator)."),
        ("Is it full?", "Is it full? (wording of your operator)."),
    ],
)
def test_the_operators_text_is_marked_as_theirs_and_ends_with_one_full_stop(
    text: str, shown: str
) -> None:
    set_wording("E110106", text, set_by="olga")
    set_wording("not_commissioned", text, set_by="olga")
    set_wording("image_discarded", text, set_by="olga")

    refused = f"DCC refused the request with code E110106: {shown}"
    assert wording.reason_text("E110106", Status.REJECTED) == refused
    assert as_sentence(refused) == refused
    assert wording.reason_text("not_commissioned", Status.REJECTED) == (
        f"DCC left the device out of the request: {shown}"
    )
    assert wording.reason_text("image_discarded", Status.DEVICE_TRANSFER_FAILED) == (
        f"Code image_discarded: {shown}"
    )


@pytest.mark.usefixtures("database")
def test_nobody_is_told_to_have_words_added_that_are_there() -> None:
    asked = "Your operator can then add the wording"
    assert asked in advice_on("N45", Status.COMMS_HUB_DELIVERY_FAILED, Voice.USER)

    set_wording("N45", OURS, set_by="olga")

    advice = advice_on("N45", Status.COMMS_HUB_DELIVERY_FAILED, Voice.USER)
    assert asked not in advice
    assert "DCC’s Service Centre" in advice
