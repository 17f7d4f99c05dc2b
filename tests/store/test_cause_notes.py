"""What people note about a cause: kept, shown to their own party alone, and on record."""

from dataclasses import replace

import pytest
from psycopg.errors import CheckViolation

from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.store.cause_notes import (
    MOST_NOTES,
    NOTE_CHARACTERS,
    NotesAreAPartys,
    UnfitNote,
    add_note,
    notes_of,
)
from firmtrack.store.database import pool

ADA = Viewer.of_user_ids("ada@alpha.example", (), party="Alpha Energy")
BEN = Viewer.of_user_ids("ben@bravo.example", (), party="Bravo Power")
OLGA = Viewer.of_dcc("olga@dcc.example", party="DCC")
Q4 = CauseKey.of(Status.DEVICE_TRANSFER_FAILED, "image_discarded", [Trait(Attribute.MODEL, "Q4")])
LONGEST = CauseKey.of(
    Status.DEVICE_TRANSFER_FAILED,
    "image_discarded",
    [Trait(Attribute.MODEL, "".join(map(chr, range(0x4E00, 0x4E00 + 450))))],
)

pytestmark = pytest.mark.usefixtures("database")


def acts() -> list[tuple[str, str | None, str, str]]:
    with pool().connection() as connection:
        return connection.execute(
            "SELECT actor, party, kind, subject FROM act ORDER BY act_id"
        ).fetchall()


def test_notes_come_newest_first_with_who_made_them() -> None:
    add_note(ADA, Q4, "Asked the manufacturer.", ADA.name)
    add_note(ADA, Q4, "They send\na new image.", "alan@alpha.example")
    notes = notes_of(ADA, Q4)
    assert [(each.text, each.author) for each in notes] == [
        ("They send\na new image.", "alan@alpha.example"),
        ("Asked the manufacturer.", "ada@alpha.example"),
    ]
    assert notes[0].noted_at >= notes[1].noted_at


def test_a_note_is_its_partys_alone_and_of_one_cause_alone() -> None:
    add_note(ADA, Q4, "Ours.", ADA.name)
    add_note(BEN, Q4, "Theirs.", BEN.name)
    assert [each.text for each in notes_of(ADA, Q4)] == ["Ours."]
    assert [each.text for each in notes_of(BEN, Q4)] == ["Theirs."]
    assert notes_of(OLGA, Q4) == []
    assert notes_of(replace(ADA, party=None), Q4) == ()
    assert notes_of(ADA, replace(Q4, reason=None)) == []


def test_a_note_is_on_record_as_an_act_of_its_party() -> None:
    add_note(ADA, Q4, "Asked the manufacturer.", ADA.name)
    subject = "device_transfer_failed image_discarded: model Q4"
    assert acts() == [("ada@alpha.example", "Alpha Energy", "cause_noted", subject)]


@pytest.mark.parametrize("text", ["", " \n\t", "x" * (NOTE_CHARACTERS + 1), "a\0b"])
def test_what_is_no_note_is_refused_and_leaves_nothing(text: str) -> None:
    with pytest.raises(UnfitNote):
        add_note(ADA, Q4, text, ADA.name)
    assert notes_of(ADA, Q4) == []
    assert acts() == []


def test_an_operator_is_of_no_party_and_notes_nothing() -> None:
    with pytest.raises(NotesAreAPartys):
        add_note(replace(ADA, party=None), Q4, "Whose?", "operator (root)")
    assert acts() == []


def test_the_longest_note_about_the_longest_cause_is_kept() -> None:
    assert 1_800 < len(LONGEST.cause_id) <= 2_000
    assert CauseKey.of_id(LONGEST.cause_id) == LONGEST
    add_note(ADA, LONGEST, "ü" * NOTE_CHARACTERS, ADA.name)
    (kept,) = notes_of(ADA, LONGEST)
    assert kept.text == "ü" * NOTE_CHARACTERS
    with pool().connection() as connection, pytest.raises(CheckViolation):
        connection.execute("UPDATE cause_note SET note = note || 'x'")


def test_of_very_many_notes_the_newest_are_read() -> None:
    with pool().connection() as connection:
        connection.execute(
            "INSERT INTO cause_note (party, cause_id, author, note)"
            " SELECT 'Alpha Energy', %s, 'ada', 'note ' || n FROM generate_series(1, %s) AS n",
            (Q4.cause_id, MOST_NOTES + 5),
        )
    notes = notes_of(ADA, Q4)
    assert len(notes) == MOST_NOTES
    assert notes[0].text == f"note {MOST_NOTES + 5}"
