"""What docs/scale.md says a national installation takes is what bench.sizing computes."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench import sizing

_ROOT = Path(__file__).resolve().parents[2]


def computed(*arguments: str) -> dict[str, str]:
    return {what: much for what, much, _ in sizing.results(sizing.numbers_of(arguments))}


def test_the_page_has_the_tables_as_they_are_computed() -> None:
    page = (_ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert sizing.document(sizing.numbers_of([])) in page, "python -m bench.sizing prints them"


def test_what_follows_is_right_where_it_can_be_computed_in_the_head() -> None:
    simple = computed(
        "devices=1000000", "updates=1", "events=10", "messages=1", "months=12", "lookups=1000000",
        "lookup_months=12", "peak=100", "peak_lookups=10", "event_octets=100",
        "message_octets=300", "distribution_octets=1000", "device_octets=2000",
        "lookup_octets=1000", "rate=1000", "lookup_rate=100",
    )  # fmt: skip
    assert simple["events a year"] == "10,000,000"
    assert simple["disk a year, facts and bodies"] == "5 GB"
    assert simple["disk, all tables with what is kept"] == "8 GB"
    assert simple["disk to provide"] == "16 GB"
    assert simple["cores for taking messages in"] == "0.4"
    assert simple["cores for look-ups"] == "0.4"


def test_fewer_messages_an_event_take_less_than_half_of_the_disk() -> None:
    usual, few = (
        float(computed(*each)["disk a year, facts and bodies"].split()[0].replace(",", ""))
        for each in ([], ["messages=0.1"])
    )
    assert few < usual / 2


def test_a_number_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no such number: device"):
        sizing.numbers_of(["device=1"])
    done = subprocess.run(
        [sys.executable, "-m", "bench.sizing", "device=1"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no such number: device; there are devices" in done.stderr
