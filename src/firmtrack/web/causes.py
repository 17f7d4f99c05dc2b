"""What failures have in common: the list of causes, and the page of each, its files and notes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from firmtrack.accounts.permissions import Permission
from firmtrack.accounts.viewers import viewer_of
from firmtrack.answers.causes import (
    DEFAULT_DAYS,
    LONGEST_DAYS,
    CausesQuestion,
    CauseState,
    Resending,
)
from firmtrack.diagnosis.causes import advice_of, sentence_of, title_of
from firmtrack.domain.causes import CauseKey, MalformedCauseId
from firmtrack.domain.viewer import Viewer
from firmtrack.domain.voice import voice_for
from firmtrack.lookups.causes import (
    DEVICES_ON_PAGE,
    MOST_DEVICES,
    CausePage,
    PastTooLarge,
    download_devices,
    find_causes,
    new_device_list,
    open_cause,
    words_of,
)
from firmtrack.presentation import causes as words
from firmtrack.presentation.files import FORMATS, FileFormat
from firmtrack.presentation.known_from import causes_text
from firmtrack.presentation.search import TermProblem, read_service_request_id
from firmtrack.presentation.times import day_text
from firmtrack.store.cause_notes import MOST_NOTES, NOTE_CHARACTERS, add_note
from firmtrack.web.as_of import PRESENT, Moment, as_of_context, moment_in
from firmtrack.web.charts import bar_chart
from firmtrack.web.news import leave_news, take_news
from firmtrack.web.permissions import needs, person_may, person_of
from firmtrack.web.watching import watch_of_cause

PERIODS = (7, DEFAULT_DAYS, 90)
"""The periods that the form offers, in days."""

_MOST_BARS = 120
_NO_SUCH_TIME = "The address asks for a time that cannot be read."
_NO_SUCH_PERIOD = f"Select a period, or ask for 1 to {LONGEST_DAYS} days"


class PeriodForm(forms.Form):
    """Of how many days, and of which request; an address may ask for more than the form offers."""

    since = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=LONGEST_DAYS,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _NO_SUCH_PERIOD),
    )

    @property
    def days(self) -> int:
        """How many days a valid form asks for."""
        return self.cleaned_data["since"] or DEFAULT_DAYS


class NoteForm(forms.Form):
    """What somebody notes about a cause."""

    note = forms.CharField(
        max_length=NOTE_CHARACTERS,
        error_messages={
            "required": "Enter what you want to note",
            "max_length": f"The note must have {NOTE_CHARACTERS:,} characters or fewer",
        },
    )

    def __init__(self, sent: Any = None) -> None:
        # Browsers send two characters for each end of a line, and count one.
        text = None if sent is None else sent.get("note", "").replace("\r\n", "\n")
        super().__init__(None if text is None else {"note": text})


@require_safe
@login_required
def causes(request: HttpRequest) -> HttpResponse:
    """Return what the viewer's failures have in common, greatest first; DCC's staff see all."""
    viewer, moment = viewer_of(person_of(request)), moment_in(request)
    form = PeriodForm(request.GET)
    if not form.is_valid():
        context: dict[str, Any] = {
            "form": form,
            "periods": PERIODS,
            "days_asked": DEFAULT_DAYS,
            "sees_all": viewer.sees_all,
        }
        return render(request, "firmtrack/causes.html", context, status=HTTPStatus.BAD_REQUEST)
    question = _question(request, form)
    context = _shared_context(viewer, moment, question) | {"form": form}
    try:
        found = find_causes(viewer, question, as_of=moment.past)
    except PastTooLarge as error:
        return _too_large(request, context, error)
    if found is None:
        raise Http404
    shown = zip(found.causes, words_of(found, voice_for(viewer), moment.past), strict=True)
    context |= {
        "found": found,
        "not_whole": None
        if found.kept_from is None
        else causes_text(found.kept_from, is_left_out=found.is_left_out),
        "shown": [(cause, sentence, title_of(cause.key)) for cause, (sentence, _) in shown],
    }
    return render(request, "firmtrack/causes.html", context, status=moment.status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.NOTE_CAUSES, to_look=False)
def cause(request: HttpRequest, cause_id: str) -> HttpResponse:
    """Return the page of a cause; a POST notes something about it, and leads back to the page."""
    person = person_of(request)
    viewer, moment = viewer_of(person), moment_in(request)
    key, question = _asked(request, cause_id)
    try:
        found = open_cause(viewer, key, question, as_of=moment.past)
        if found is None and "since" not in request.GET:
            # A link to a cause is kept, and leads there when its requests are older, too.
            question = replace(question, days=LONGEST_DAYS)
            found = open_cause(viewer, key, question, as_of=moment.past)
    except PastTooLarge as error:
        return _too_large(request, _shared_context(viewer, moment, question), error)
    if found is None:
        raise Http404
    context = _shared_context(viewer, moment, question)
    here = reverse("cause", args=[cause_id])
    form = NoteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        add_note(viewer, key, form.cleaned_data["note"], person.email)
        leave_news(request, "Your note was kept.")
        return redirect(f"{here}{context['query']}#notes")
    context |= _cause_context(viewer, found, question, moment.now) | {
        "here": here,
        "form": form,
        "news": take_news(request),
        "may_note": person_may(person, Permission.NOTE_CAUSES),
    }
    is_over = found.cause.state is CauseState.OVER
    context |= watch_of_cause(request, key, moment, is_over=is_over)
    status = HTTPStatus.BAD_REQUEST if form.errors else moment.status
    return render(request, "firmtrack/cause.html", context, status=status)


@require_safe
@login_required
def cause_devices(
    request: HttpRequest, cause_id: str, file_format: FileFormat = FileFormat.CSV
) -> HttpResponseBase:
    """Return all devices of a cause as a file."""
    viewer, moment = viewer_of(person_of(request)), moment_in(request)
    key, question = _asked(request, cause_id)
    if moment.errors:
        raise BadRequest(_NO_SUCH_TIME)
    try:
        file = download_devices(viewer, key, question, file_format=file_format, as_of=moment.past)
    except PastTooLarge as error:
        raise BadRequest(str(error)) from None
    if file is None:
        raise Http404
    return StreamingHttpResponse(
        file.blocks,
        content_type=FORMATS[file_format].media_type,
        headers={"Content-Disposition": f'attachment; filename="devices-of-cause.{file_format}"'},
    )


@require_safe
@login_required
def cause_device_list(request: HttpRequest, cause_id: str) -> HttpResponse:
    """Return the devices to send the update again, as an Update Firmware request names them."""
    key, question = _asked(request, cause_id)
    found = new_device_list(viewer_of(person_of(request)), key, question)
    if found is None:
        raise Http404
    return HttpResponse(
        found.text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="new-device-list.txt"'},
    )


def _asked(request: HttpRequest, cause_id: str) -> tuple[CauseKey, CausesQuestion]:
    """Return which cause an address names, and of which updates; 404 if it names none."""
    form = PeriodForm(request.GET)
    if not form.is_valid():
        raise BadRequest("The address asks for a period that does not exist.")
    try:
        key = CauseKey.of_id(cause_id)
    except MalformedCauseId:
        raise Http404 from None
    return key, _question(request, form)


def _question(request: HttpRequest, form: PeriodForm) -> CausesQuestion:
    typed = request.GET.get("service_request_id", "")
    if not typed:
        return CausesQuestion(days=form.days)
    request_id = read_service_request_id(typed)
    if isinstance(request_id, TermProblem):
        raise Http404
    return CausesQuestion(days=form.days, request_id=request_id)


def _asked_for(question: CausesQuestion) -> list[tuple[str, str]]:
    """Return what an address asks for besides a moment."""
    asked = [] if question.days == DEFAULT_DAYS else [("since", str(question.days))]
    if question.request_id is not None:
        asked.append(("service_request_id", str(question.request_id)))
    return asked


def _query(question: CausesQuestion, moment: Moment = PRESENT) -> str:
    """Return what an address ends with that asks the same question, of a moment."""
    asked = [*_asked_for(question), *moment.query.items()]
    return f"?{urlencode(asked)}" if asked else ""


def _shared_context(viewer: Viewer, moment: Moment, question: CausesQuestion) -> dict[str, Any]:
    """Return what both pages say of whose updates, of which, and of when.

    The queries are what their links end with: the same question, of the present, of all requests.
    """
    return as_of_context(viewer, moment) | {
        "question": question,
        "query": _query(question, moment),
        "present_query": _query(question),
        "all_query": _query(replace(question, request_id=None), moment),
        "filter_fields": _asked_for(question),
        "periods": sorted({*PERIODS, question.days}),
        "days_asked": question.days,
        "sees_all": viewer.sees_all,
        "causes": words,
    }


def _cause_context(
    viewer: Viewer, found: CausePage, question: CausesQuestion, now: datetime
) -> dict[str, Any]:
    cause = found.cause
    step, counts = _bars(cause.by_day)
    in_list = found.resending.get(Resending.SEND, 0)
    return {
        "found": found,
        "not_whole": None if found.kept_from is None else causes_text(found.kept_from),
        "cause": cause,
        "title": title_of(cause.key),
        "sentence": sentence_of(cause, question, now),
        "advice": advice_of(cause.key, voice_for(viewer)),
        "days": [(day_text(day), count) for day, count in cause.by_day],
        "days_of_bar": step,
        "chart": bar_chart(counts),
        "all_devices": sum(found.resending.values()),
        "in_list": in_list,
        "left_out": [
            (found.resending[each], text)
            for each, text in words.LEFT_OUT_TEXTS.items()
            if found.resending.get(each)
        ],
        "devices_on_page": DEVICES_ON_PAGE,
        "most_devices": MOST_DEVICES,
        "most_notes": MOST_NOTES,
        "note_characters": NOTE_CHARACTERS,
    }


def _bars(by_day: Sequence[tuple[date, int]]) -> tuple[int, list[int]]:
    """Return over how many days each bar goes, and the counts of all bars, one after the other.

    A bar is a day, unless that were too many: a message may state any time that there is.
    """
    first, last = by_day[0][0].toordinal(), by_day[-1][0].toordinal()
    step = -(-(last - first + 1) // _MOST_BARS)
    counts = [0] * ((last - first) // step + 1)
    for day, count in by_day:
        counts[(day.toordinal() - first) // step] += count
    return step, counts


def _too_large(request: HttpRequest, context: dict[str, Any], error: PastTooLarge) -> HttpResponse:
    context |= {"form": PeriodForm(request.GET), "problem": str(error)}
    return render(request, "firmtrack/causes.html", context, status=HTTPStatus.BAD_REQUEST)
