"""The portal's forms: they validate, and say what to enter instead."""

from typing import Any

from django import forms

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.presentation import wording
from firmtrack.presentation.diagnosis_wording import PACE_NAMES
from firmtrack.presentation.search import SearchBy, TermProblem, read_term
from firmtrack.presentation.search_wording import search_problem_text

_REASON_CHARACTERS = 64
_COMPLETIONS: list[tuple[str, str]] = [("", "All"), *wording.COMPLETION_NAMES.items()]
_STATUSES: list[tuple[str, str]] = [("", "All"), *wording.STATUS_NAMES.items()]
_PACES: list[tuple[str, str]] = [("", "All"), *PACE_NAMES.items()]

FILTER_CHOICES = (
    ("completion_status", "Completion Status", _COMPLETIONS),
    ("current_status", "Current Status", _STATUSES),
    ("pace", "In progress, waiting", _PACES),
)
"""What devices of any request can be filtered by: each field's name and label, and its choices."""


class SearchForm(forms.Form):
    """One ID and what it is the ID of.

    After validation ``found_id`` is the ID; ``problem`` is set if the term was not one.
    """

    search_by = forms.TypedChoiceField(
        choices=list(wording.SEARCH_BY_NAMES.items()),
        coerce=SearchBy,
        error_messages={
            "required": wording.NO_SEARCH_BY_TEXT,
            "invalid_choice": wording.NO_SEARCH_BY_TEXT,
        },
    )
    search_term = forms.CharField(required=False, strip=False)

    found_id: RequestId | Eui64 | None = None
    problem: TermProblem | None = None

    def clean(self) -> dict[str, Any]:
        """Read the term as the kind of ID that was chosen."""
        cleaned = super().clean() or self.cleaned_data
        search_by = cleaned.get("search_by")
        if search_by is None:
            return cleaned
        read = read_term(search_by, cleaned.get("search_term", ""))
        if isinstance(read, TermProblem):
            self.problem = read
            self.add_error("search_term", search_problem_text(read))
        else:
            self.found_id = read
        return cleaned


class CompletionStatusField(forms.TypedChoiceField):
    """A Completion Status; ``complete`` is another word for successful, as in the API."""

    def to_python(self, value: Any) -> str:
        """Return the value as one of the choices."""
        text: str = super().to_python("successful" if value == "complete" else value)
        return text


class FilterForm(forms.Form):
    """Which of a request's distributions to show; nothing chosen shows all."""

    completion_status = CompletionStatusField(
        required=False,
        choices=_COMPLETIONS,
        coerce=CompletionStatus,
        empty_value=None,
    )
    current_status = forms.TypedChoiceField(
        required=False,
        choices=_STATUSES,
        coerce=Status,
        empty_value=None,
    )
    pace = forms.TypedChoiceField(
        required=False,
        choices=_PACES,
        coerce=Pace,
        empty_value=None,
    )
    reason = forms.CharField(required=False, max_length=_REASON_CHARACTERS)
