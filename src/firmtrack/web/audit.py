"""The pages of the audit, for a party's administrators: what its people and tokens did."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from firmtrack.accounts.models import User
from firmtrack.accounts.parties import party_names
from firmtrack.accounts.permissions import Permission
from firmtrack.accounts.viewers import owner_of, viewer_of
from firmtrack.answers.audit import AuditFilter, AuditPlace
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.audit import audit_known_from, download_audit, read_audit
from firmtrack.presentation.audit import ACT_NAMES, LOOKUP_NAMES, audit_csv, kind_name
from firmtrack.presentation.known_from import audit_text
from firmtrack.web.delivery_performance import NOT_A_DAY, DayField
from firmtrack.web.permissions import needs, person_may, person_of

PAGE_LENGTH = 50
_GREAT_BRITAIN = ZoneInfo("Europe/London")
_NUMBER_DIGITS = 19
_GREATEST = 2**63 - 1


class AuditForm(forms.Form):
    """What of the audit is wanted; a party can be chosen by who sees those of all."""

    kind = forms.ChoiceField(
        required=False,
        choices=[
            ("", "All"),
            *((kind, name) for kind, name in LOOKUP_NAMES.items()),
            *((kind.value, name) for kind, name in ACT_NAMES.items()),
        ],
    )
    who = forms.CharField(required=False, max_length=254)
    day = DayField(required=False, error_messages={"invalid": NOT_A_DAY})

    def __init__(self, asked: Mapping[str, str], parties: list[str]) -> None:
        super().__init__(asked)
        if parties:
            choices = [("", "All"), *((name, name) for name in parties)]
            self.fields["party"] = forms.ChoiceField(required=False, choices=choices)

    @property
    def wanted(self) -> AuditFilter:
        """What a valid form asks for."""
        asked = self.cleaned_data
        day: date | None = asked["day"]
        return AuditFilter(
            party=asked.get("party") or None,
            who=asked["who"],
            kinds=frozenset({asked["kind"]} - {""}),
            since=None if day is None else _start_of(day),
            until=None if day is None else _start_of(day + timedelta(days=1)),
        )

    @property
    def query(self) -> str:
        """What is asked for, as the query of an address."""
        return urlencode({name: self.data[name] for name in self.fields if self.data.get(name)})


@require_safe
@needs(Permission.READ_AUDIT)
def audit(request: HttpRequest) -> HttpResponse:
    """Return one page of the audit, newest first."""
    viewer, form = _asked(request)
    before = request.GET.get("before")
    context = {"form": form, "sees_all": viewer.sees_all, "kind_name": kind_name, "page": None}
    if not form.is_valid():
        return render(request, "firmtrack/audit.html", context, status=HTTPStatus.BAD_REQUEST)
    place = None if before is None else _place(before)
    page = read_audit(viewer, form.wanted, limit=PAGE_LENGTH, before=place)
    kept_from = audit_known_from()
    context |= {
        "page": page,
        "is_first_page": before is None,
        "query": form.query,
        "not_whole": None if kept_from is None else audit_text(kept_from),
    }
    return render(request, "firmtrack/audit.html", context)


@require_safe
@needs(Permission.READ_AUDIT)
def audit_file(request: HttpRequest) -> HttpResponseBase:
    """Return all that the filter shows as a CSV file."""
    viewer, form = _asked(request)
    if not form.is_valid():
        raise BadRequest("The address asks for a part of the audit that does not exist.")
    entries = download_audit(viewer, form.wanted)
    blocks = audit_csv(entries, kept_from=_kept_from_of(form.wanted))
    return StreamingHttpResponse(
        blocks,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
    )


def _kept_from_of(wanted: AuditFilter) -> datetime | None:
    """Return from when on the audit is whole, if more is wanted; None if all of that is kept."""
    kept_from = audit_known_from()
    if kept_from is None or (wanted.since is not None and wanted.since >= kept_from):
        return None
    return kept_from


def _asked(request: HttpRequest) -> tuple[Viewer, AuditForm]:
    person = person_of(request)
    viewer = _reader(person)
    return viewer, AuditForm(request.GET.dict(), party_names() if viewer.sees_all else [])


def _reader(person: User) -> Viewer:
    """Return who reads: DCC's desk sees every request, and still no other party's audit."""
    reads_every = person_may(person, Permission.READ_EVERY_AUDIT)
    return viewer_of(person) if reads_every else owner_of(person)


def _place(text: str) -> AuditPlace:
    parts = text.split("-")
    if len(parts) != len(AuditPlace._fields):
        raise BadRequest
    return AuditPlace(*map(_number, parts))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _NUMBER_DIGITS:
        raise BadRequest
    return min(int(text), _GREATEST)


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), _GREAT_BRITAIN)
