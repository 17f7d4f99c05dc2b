"""Delivery performance: how far updates get, how long they take, and why they fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from firmtrack.accounts.parties import suppliers
from firmtrack.accounts.viewers import viewer_of
from firmtrack.answers.performance import (
    Dimension,
    Group,
    Milestone,
    PerformanceAnswer,
    PerformanceFilter,
)
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import STAGES
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.performance import delivery_performance as look_up
from firmtrack.presentation.known_from import figures_text
from firmtrack.presentation.performance import (
    DIMENSION_NAMES,
    MILESTONE_NAMES,
    group_name,
    performance_csv,
)
from firmtrack.presentation.times import day_text, limit_text
from firmtrack.web.charts import LineChart, line_chart

LARGEST = 30
"""How many groups a table shows; the file has all."""

# The stages that only one kind of request passes.
_PASSED_ONLY_BY = {row.stage: next(iter(row.variants)) for row in STAGES if len(row.variants) == 1}
NOT_A_DAY = "Enter a real date, like 27 3 2026 or 2026-03-27"


class DayField(forms.DateField):
    """A day, as the browser sends it or as people write it."""

    input_formats = ("%Y-%m-%d", "%d %m %Y", "%d/%m/%Y", "%d %B %Y")


class PeriodForm(forms.Form):
    """Which requests count: the days of their submission, and whose they are."""

    submitted_from = DayField(required=False, error_messages={"invalid": NOT_A_DAY})
    submitted_to = DayField(required=False, error_messages={"invalid": NOT_A_DAY})
    supplier = forms.CharField(required=False)

    def clean_submitted_to(self) -> date | None:
        """Refuse a period that ends before it begins."""
        last: date | None = self.cleaned_data["submitted_to"]
        first = self.cleaned_data.get("submitted_from")
        if first is not None and last is not None and last < first:
            raise forms.ValidationError("The last day must not be before the first day")
        return last

    @property
    def wanted(self) -> PerformanceFilter:
        """What a valid form asks for."""
        supplier = self.cleaned_data["supplier"]
        return PerformanceFilter(
            first=self.cleaned_data["submitted_from"],
            last=self.cleaned_data["submitted_to"],
            supplier=Eui64.parse(supplier) if supplier else None,
        )


@dataclass(frozen=True, slots=True)
class Table:
    """The groups of one dimension, the largest, and how many there are in all."""

    dimension: Dimension
    groups: tuple[tuple[str, Group], ...]
    count: int


@require_safe
@login_required
def delivery_performance(request: HttpRequest) -> HttpResponse:
    """Return the figures of the viewer's own requests; DCC's staff see all, or one supplier's."""
    viewer, form, names = _asked(request)
    context = {"form": form, "suppliers": names, "sees_all": viewer.sees_all}
    if not form.is_valid():
        return render(request, "firmtrack/delivery-performance.html", context, status=400)
    found = look_up(viewer, form.wanted)
    chosen = {name: request.GET.get(name, "") for name in form.fields}
    context |= {
        "found": found,
        "not_whole": None if found.kept_from is None else figures_text(found.kept_from),
        "query": urlencode({name: value for name, value in chosen.items() if value}),
        "tables": _tables(found, names),
        "charts": _charts(found.groups[Dimension.WEEK]),
        "passed_only_by": _PASSED_ONLY_BY,
        "milestones": MILESTONE_NAMES,
        "dimensions": DIMENSION_NAMES,
        "limit": limit_text,
        "weeks": [_week(group) for group in found.groups[Dimension.WEEK]],
    }
    return render(request, "firmtrack/delivery-performance.html", context)


@require_safe
@login_required
def delivery_performance_csv(request: HttpRequest) -> HttpResponse:
    """Return the same figures as a CSV file."""
    viewer, form, _ = _asked(request)
    if not form.is_valid():
        raise BadRequest("The address asks for a period that does not exist.")
    return HttpResponse(
        performance_csv(look_up(viewer, form.wanted)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="delivery-performance.csv"'},
    )


def _asked(request: HttpRequest) -> tuple[Viewer, PeriodForm, dict[Eui64, str]]:
    """Return who asks, for what, and the names of all suppliers, for DCC's staff alone."""
    assert request.user.is_authenticated
    viewer = viewer_of(request.user)
    form = PeriodForm(request.GET)
    names = suppliers() if viewer.sees_all else {}
    choices = [("", "All"), *((str(user_id), name) for user_id, name in names.items())]
    form.fields["supplier"] = forms.ChoiceField(
        required=False,
        choices=choices,
        error_messages={"invalid_choice": "Select a supplier from the list"},
    )
    return viewer, form, names


def _tables(found: PerformanceAnswer, names: dict[Eui64, str]) -> list[Table]:
    shown = [each for each in Dimension if each is not Dimension.WEEK]
    if not names:
        shown.remove(Dimension.SUPPLIER)
    return [_table(dimension, found.groups[dimension], names) for dimension in shown]


def _table(dimension: Dimension, groups: Sequence[Group], names: dict[Eui64, str]) -> Table:
    def name(group: Group) -> str:
        if dimension is Dimension.SUPPLIER:
            user_id = Eui64.parse(group.value[0])
            return f"{names.get(user_id, 'Unknown supplier')}, {user_id}"
        return group_name(group)

    return Table(dimension, tuple((name(group), group) for group in groups[:LARGEST]), len(groups))


def _week(group: Group) -> tuple[str, Group]:
    return day_text(date.fromisoformat(group.value[0])), group


def _charts(weeks: Sequence[Group]) -> list[tuple[Milestone, LineChart]]:
    """Return of each milestone the p50 and the p95 by week; none of fewer than two weeks."""
    charts = []
    for milestone in Milestone if len(weeks) > 1 else ():
        timings = [week.figures.timings.get(milestone) for week in weeks]
        chart = line_chart(
            [
                [None if each is None else each.p50_seconds for each in timings],
                [None if each is None else each.p95_seconds for each in timings],
            ]
        )
        if chart is not None:
            charts.append((milestone, chart))
    return charts
