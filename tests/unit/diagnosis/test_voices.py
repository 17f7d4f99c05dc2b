"""Each reader is spoken to: a User as one who acts, DCC's staff as those who help and ask."""

import re
from dataclasses import replace

import pytest

from firmtrack.answers.causes import Cause
from firmtrack.diagnosis.causes import advice_of
from firmtrack.diagnosis.diagnose import diagnose
from firmtrack.domain.voice import Voice
from firmtrack.presentation.catalogue import CODES
from firmtrack.presentation.catalogue_activations import ACTIVATIONS
from firmtrack.presentation.catalogue_entry import Entry
from firmtrack.presentation.catalogue_incidents import INCIDENTS
from firmtrack.presentation.catalogue_states import COMPLETIONS, STATUSES
from tests.unit.diagnosis.cause_situations import GROUPS
from tests.unit.diagnosis.situations import SITUATIONS

ENTRIES = [
    *CODES.values(),
    *STATUSES.values(),
    *COMPLETIONS.values(),
    *ACTIVATIONS.values(),
    *INCIDENTS.values(),
]
CAUSES = [cause for group in GROUPS.values() for cause, _ in group.values()]
TO_A_USER = re.compile(r"\b[Yy]ou(r|rs)?\b|Service Centre")
TO_THE_DESK = re.compile(r"[Tt]ell the supplier|[Tt]he supplier (should|sends)|[Aa]sk the [CD]SP")


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_desk_is_never_sent_to_itself_nor_a_user_told_what_the_desk_does(name: str) -> None:
    to_user = diagnose(SITUATIONS[name])
    to_desk = diagnose(replace(SITUATIONS[name], voice=Voice.DESK))

    assert not TO_A_USER.search(f"{to_desk.sentence} {to_desk.advice}")
    assert not TO_THE_DESK.search(f"{to_user.sentence} {to_user.advice}")
    assert to_desk.next_actor is to_user.next_actor
    assert (to_desk.resend is None) == (to_user.resend is None)
    if to_desk.resend is not None:
        assert not TO_A_USER.search(f"{to_desk.resend.open_request} {to_desk.resend.expected}")
        assert not TO_A_USER.search(to_desk.resend.version_path)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_the_catalogue_advises_both(entry: Entry) -> None:
    advice = entry.advice

    assert advice.desk.endswith(".")
    for text in (entry.meaning, advice.causes, advice.desk, advice.dcc):
        assert not TO_A_USER.search(text)
    assert not TO_THE_DESK.search(advice.user)


@pytest.mark.parametrize("cause", CAUSES)
def test_the_desk_is_told_of_a_cause_as_the_desk(cause: Cause) -> None:
    assert not TO_A_USER.search(advice_of(cause.key, Voice.DESK))
    assert not TO_THE_DESK.search(advice_of(cause.key))
