"""What a benchmark finds is kept as it was found, and compared with what was found before."""

import json
from importlib import import_module
from inspect import getmembers, getsource, isfunction, signature
from math import inf
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

from bench import reads
from bench.__main__ import JOBS, Choice, chosen
from bench.figures import Figure, at_least, at_most
from bench.report import Report, changes, show, show_change, write
from firmtrack import lookups

RATE = Figure("ledger", "COPY", at_least(0.3), 0.25, beside="60,000 a second")
TIME = Figure("first page", "–", at_most(5), 4.0, unit="ms")
UNASKED = Figure("counting", "–", None, 12_345.6, unit="s")
NEVER = Figure("an outage found", "its own truth", at_most(14), inf, unit="h")


def document(*figures: Figure, machine: str = "here") -> dict[str, Any]:
    read = json.loads(json.dumps(Report(machine, figures).as_document(), allow_nan=False))
    assert isinstance(read, dict)
    return read


@pytest.mark.parametrize(
    ("figure", "is_met"), [(0.29999, False), (0.3, True), (0.30001, True), (float("nan"), False)]
)
def test_what_is_to_be_at_least_so_much_may_be_just_that(figure: float, is_met: bool) -> None:
    assert at_least(0.3).is_met_by(figure) is is_met


@pytest.mark.parametrize(
    ("figure", "is_met"), [(4.99, True), (5, True), (5.01, False), (float("nan"), False)]
)
def test_what_is_to_be_at_most_so_much_may_be_just_that(figure: float, is_met: bool) -> None:
    assert at_most(5).is_met_by(figure) is is_met


def test_the_file_of_a_run_says_of_each_job_what_was_asked_for_and_reached() -> None:
    assert document(RATE, TIME, UNASKED, NEVER) == {
        "machine": "here",
        "jobs": [
            {
                "job": "ledger",
                "against": "COPY",
                "reach": "at least 0.3",
                "reached": 0.25,
                "is_met": False,
            },
            {
                "job": "first page",
                "against": "–",
                "reach": "at most 5 ms",
                "reached": 4.0,
                "is_met": True,
            },
            {
                "job": "counting",
                "against": "–",
                "reach": None,
                "reached": 12_345.6,
                "is_met": None,
            },
            {
                "job": "an outage found",
                "against": "its own truth",
                "reach": "at most 14 h",
                "reached": None,
                "is_met": False,
            },
        ],
    }


def test_a_run_is_compared_with_an_earlier_one_job_by_job() -> None:
    gone = Figure("gone", "–", None, 7.0)
    before = document(
        gone,
        Figure("first page", "–", at_most(5), 8.0, unit="ms"),
        Figure("ledger", "COPY", at_least(0.3), 0.3),
        NEVER,
    )
    assert changes(before, Report("here", [RATE, TIME, UNASKED, NEVER])) == [
        ("ledger", "0.3", "0.25", "-17%, now missed"),
        ("first page", "8 ms", "4 ms", "-50%, now met"),
        ("counting", "–", "12,346 s", "new"),
        ("an outage found", "inf h", "inf h", "–"),
        ("gone", "7", "–", "not measured"),
    ]


def test_nothing_is_compared_with_nothing() -> None:
    before = document(Figure("first page", "–", at_most(5), 0.0))
    ((_, _, _, change),) = changes(before, Report("here", [TIME]))
    assert change == "–"


def test_a_comparison_says_that_the_earlier_run_was_on_another_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = tmp_path / "earlier.json"
    write(Report("there", [RATE]), earlier)
    show_change(earlier, Report("there", [RATE]))
    assert "another machine" not in capsys.readouterr().out
    show_change(earlier, Report("here", [RATE]))
    assert "is of another machine: there" in capsys.readouterr().out


def test_the_table_says_beside_what_was_reached_whether_that_is_enough(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(Report("here", [RATE, TIME, UNASKED]))
    lines = capsys.readouterr().out.splitlines()
    (rate,) = (line for line in lines if "ledger" in line)
    (time,) = (line for line in lines if "first page" in line)
    assert "at least 0.3" in rate
    assert "0.25 (60,000 a second)" in rate
    assert "missed" in rate
    assert "met" in time


def test_every_look_up_is_among_the_reads_whose_growth_is_measured() -> None:
    modules = [
        import_module(each.name) for each in iter_modules(lookups.__path__, "firmtrack.lookups.")
    ]
    audited = [each for each in modules if hasattr(each, "record_lookup")]
    look_ups = {
        f"{module.__name__.rpartition('.')[2]}.{name}("
        for module in audited
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__
        and "viewer" in signature(function).parameters
        and not name.startswith("_")
    }
    assert len(audited) > 1
    source = getsource(reads)
    assert [each for each in sorted(look_ups) if each not in source] == []


def test_all_jobs_run_when_none_is_named() -> None:
    assert chosen([]) == Choice(list(JOBS))


def test_jobs_run_in_the_order_of_their_table_however_they_are_named() -> None:
    assert chosen(["csv", "ledger", "--scale", "0.5"]) == Choice(["ledger", "csv"], 0.5)
    assert chosen(["growth"]).jobs == ["growth"]


def test_a_job_that_there_is_not_is_refused_and_so_is_a_file_to_compare_with(
    tmp_path: Path,
) -> None:
    for arguments in (["nonsense"], ["--compare", str(tmp_path / "none.json")]):
        with pytest.raises(SystemExit):
            chosen(arguments)
