"""The catalogue explains all that the tables hold, nothing else, and invents no meaning."""

import pytest

from firmtrack.domain.facts import IncidentKind
from firmtrack.domain.reconciliation import FlagKind
from firmtrack.domain.stages import ActivationStatus, CompletionStatus, Stage, Status
from firmtrack.duis import codes
from firmtrack.duis.codes import Sureness
from firmtrack.presentation import wording
from firmtrack.presentation.catalogue import (
    CODE_GROUPS,
    CODES,
    NOT_EXPLAINED_BY_KIND,
    kind_of,
    service_of,
    together,
)
from firmtrack.presentation.catalogue_activations import ACTIVATIONS, FLAG_EXAMPLES
from firmtrack.presentation.catalogue_codes import ADVICE, NOT_EXPLAINED
from firmtrack.presentation.catalogue_entry import Entry
from firmtrack.presentation.catalogue_incidents import INCIDENT_NAMES, INCIDENTS
from firmtrack.presentation.catalogue_states import COMPLETIONS, STAGE_ENTRIES, STATUSES

TABLES = {
    code: row
    for name, table in vars(codes).items()
    if name.endswith("_CODES") and isinstance(table, dict)
    for code, row in table.items()
}
STATES = [
    *COMPLETIONS.values(),
    *STATUSES.values(),
    *ACTIVATIONS.values(),
    *INCIDENTS.values(),
]


def sentences(entry: Entry) -> list[str]:
    return [entry.meaning, entry.advice.causes, entry.advice.user, entry.advice.dcc]


def test_every_code_of_every_table_has_an_entry_and_every_entry_a_code() -> None:
    assert len(TABLES) > 200
    assert set(CODES) == set(TABLES)


def test_advice_is_written_for_the_codes_with_a_meaning_and_for_no_others() -> None:
    assert set(ADVICE) == {code for code, row in TABLES.items() if row.meaning is not None}


def test_every_reason_that_firmtrack_names_says_how_dcc_writes_it() -> None:
    named = {code for code in codes.REASON_CODES if code == code.lower() and "_" in code}
    assert named
    assert all(CODES[code].written != code for code in named)
    assert CODES["invalid_device_id"].written == "InvalidDeviceIDList"
    assert CODES["activation_failure"].written == "ActivationFailure or activateImageResponseCode 3"


def test_every_status_stage_and_outcome_has_an_entry() -> None:
    assert set(STATUSES) == set(Status)
    assert set(STAGE_ENTRIES) == set(Stage)
    assert set(COMPLETIONS) == set(CompletionStatus)
    assert set(ACTIVATIONS) == set(ActivationStatus)
    assert set(INCIDENTS) == set(INCIDENT_NAMES) == set(IncidentKind)


def test_every_stage_says_who_does_what_there() -> None:
    for entry in STAGE_ENTRIES.values():
        assert entry.work.startswith("The ")
        assert entry.work.endswith(".")


def test_every_flag_has_an_example_without_a_gap() -> None:
    assert set(FLAG_EXAMPLES) == set(FlagKind)
    for text in FLAG_EXAMPLES.values():
        assert text.endswith(".")
        assert "None" not in text


@pytest.mark.parametrize("entry", [*CODES.values(), *STATES], ids=lambda entry: entry.code)
def test_an_entry_is_whole_and_its_sentences_are_sentences(entry: Entry) -> None:
    for text in sentences(entry):
        assert text[0].isupper()
        assert text.endswith(".")
        assert "  " not in text
        assert ".." not in text
    assert entry.name
    assert entry.written
    assert entry.source


def test_what_firmtrack_does_not_know_is_said_to_be_so_and_given_no_cause() -> None:
    others = [entry for entry in CODES.values() if entry.sureness is Sureness.UNKNOWN]
    assert len(others) > 100
    for entry in others:
        assert entry.meaning.startswith(
            "Firmtrack does not know what it means: DUIS describes it. It "
        )
        assert entry.advice is NOT_EXPLAINED


@pytest.mark.parametrize(
    ("code", "service", "named"),
    [
        ("E110101", "11.1", "Update Firmware (11.1)"),
        ("E110405", "11.4", "Update PPMID Firmware (11.4)"),
        ("E080201", "8.2", "Read Inventory (8.2)"),
        ("E120107", None, ""),
        ("E120207", "12.2", "Device Pre-notification (12.2)"),
        ("E061501", "6.15", "service 6.15"),
        ("E30", None, "any Service Request"),
        ("N1", None, "DCC Alert"),
    ],
)
def test_a_code_says_which_service_it_belongs_to(
    code: str, service: str | None, named: str
) -> None:
    assert service_of(code) == service
    if named:
        assert named in CODES[code].meaning


def test_each_code_stands_in_one_group() -> None:
    listed = [entry.code for group in CODE_GROUPS for entry in (*group.explained, *group.others)]
    assert sorted(listed) == sorted(CODES)


def test_each_code_without_a_known_meaning_stands_under_what_it_belongs_to() -> None:
    listed = [entry.code for _, entries in NOT_EXPLAINED_BY_KIND for entry in entries]
    unknown = [each.code for each in CODES.values() if each.sureness is Sureness.UNKNOWN]
    kinds = [kind for kind, _ in NOT_EXPLAINED_BY_KIND]
    assert sorted(listed) == sorted(unknown)
    assert len(kinds) == len(set(kinds))
    assert kind_of("E110101") == "Update Firmware (11.1)"
    assert kind_of("E061501") == "Service 6.15"


def test_entries_that_say_the_same_stand_together_and_none_is_lost() -> None:
    for group in CODE_GROUPS:
        found = list(together(group.explained))
        assert [entry for entries in found for entry in entries] == list(group.explained)
        for entries in found:
            assert len({(each.meaning, each.advice, each.source) for each in entries}) == 1
    (alerts,) = (group for group in CODE_GROUPS if group.slug == "dcc-alerts")
    assert max(map(len, together(alerts.explained))) > 1
    apart = {alerts.explained[0].code, alerts.explained[1].code}
    for entries in together(alerts.explained, apart):
        assert len(entries) == 1 or not apart & {each.code for each in entries}


def test_words_for_people_have_typographic_apostrophes() -> None:
    told = [text for entry in (*CODES.values(), *STATES) for text in sentences(entry)]
    told += [
        *FLAG_EXAMPLES.values(),
        *wording.REASON_TEXTS.values(),
        *wording.MESSAGE_KIND_NAMES.values(),
    ]
    assert any("’" in text for text in told)
    assert [text for text in told if "'" in text] == []
